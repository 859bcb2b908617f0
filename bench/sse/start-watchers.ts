import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient } from "@segue/client";
import { maxChanges } from "@segue/contracts";
import type { WatchAnswer, WatchRequest } from "./watcher-messages.ts";

/** Clients that watch a fleet by server-sent events. */
export interface Watchers {
  /** Resolves when so many more watch these tracks, in turns. */
  watchTracks(count: number, trackIds: readonly string[]): Promise<void>;
  /** Resolves when each has been told all that has happened. @throws if one was told something else, or nothing more. */
  allTold(): Promise<void>;
  stop(): Promise<void>;
}

const toldWithinMs = 120_000;

/** Resolves when all watch what happens to any track. */
export async function startWatchers(api: ApiClient, count: number): Promise<Watchers> {
  const { nextCursor: since } = await api.readChanges({ since: "now" });
  const child = fork(join(import.meta.dirname, "watcher.ts"), [api.apiUrl], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const watched: string[] = [];
  await ask(child, { type: "open", count });
  return {
    async watchTracks(more, trackIds) {
      await ask(child, { type: "open", count: more, trackIds });
      for (let n = 0; n < more; n++) watched.push(trackIds[n % trackIds.length] ?? "");
    },
    async allTold() {
      const happened = await readHappened(api, since);
      const deadline = performance.now() + toldWithinMs;
      for (;;) {
        const counted = await ask(child, { type: "count" });
        if (counted.type !== "counted") throw new Error(`expected counts, got ${counted.type}`);
        const { ofAll, ofTracks } = counted;
        // Of a track, what happened before it was watched is in the event that its stream begins with.
        const wrong = [
          ...ofAll.filter((told) => told !== happened.all),
          ...ofTracks.filter((told, n) => told > (happened.byTrack.get(watched[n] ?? "") ?? 0)),
        ];
        if (wrong.length === 0) return;
        if (performance.now() > deadline)
          throw new Error(
            `of ${happened.all} changes ${wrong.length} streams have told ${wrong.slice(0, 5)}`,
          );
        await delay(100);
      }
    },
    async stop() {
      const exit = once(child, "exit");
      child.disconnect();
      await exit;
    },
  };
}

async function readHappened(api: ApiClient, from: string) {
  const byTrack = new Map<string, number>();
  let all = 0;
  for (let since = from, hasMore = true; hasMore; ) {
    const page = await api.readChanges({ since, limit: maxChanges });
    for (const { trackId } of page.changes) byTrack.set(trackId, (byTrack.get(trackId) ?? 0) + 1);
    all += page.changes.length;
    since = page.nextCursor;
    hasMore = page.hasMore;
  }
  return { all, byTrack };
}

async function ask(child: ChildProcess, request: WatchRequest): Promise<WatchAnswer> {
  const gone = new AbortController();
  const answered = Promise.race([
    once(child, "message", { signal: gone.signal }).then(([answer]) => answer as WatchAnswer),
    once(child, "exit", { signal: gone.signal }).then(() => {
      throw new Error("the process of the watchers has ended");
    }),
  ]);
  child.send(request);
  try {
    const answer = await answered;
    if (answer.type === "failed") throw new Error(answer.message);
    return answer;
  } finally {
    gone.abort();
  }
}
