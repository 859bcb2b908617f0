import type { Change } from "@segue/contracts";
import { ApiProblem } from "./api-problem.ts";
import type { Api } from "./create-api.ts";
import { type Followed, followChanges } from "./follow-changes.ts";

/** `refused`: the key may not read tracks. */
export type LiveState = "connecting" | "live" | "away" | "refused";

export interface Listener {
  /** Several at once: whoever shows them draws once. */
  onChanges?(changes: readonly Change[]): void;
  /** Something was missed, or may have been. */
  onGap?(): void;
  onState?(state: LiveState): void;
}

/** One stream of changes for all parts of the page. */
export interface Live {
  state(): LiveState;
  subscribe(listener: Listener): () => void;
  close(): void;
}

/** Changes that come within so long are told together, in ms. */
const togetherMs = 200;

export function followLive(api: Api): Live {
  const listeners = new Set<Listener>();
  const ending = new AbortController();
  let state: LiveState = "connecting";
  let waiting: Change[] = [];
  const become = (next: LiveState) => {
    if (state === next) return;
    state = next;
    for (const { onState } of listeners) onState?.(next);
  };
  const tell = () => {
    const changes = waiting;
    waiting = [];
    for (const { onChanges } of [...listeners]) onChanges?.(changes);
  };
  // What was read before the stream began may have changed until then.
  let isGap = true;
  const take = (followed: Followed) => {
    if (followed.type === "away") become("away");
    if (followed.type === "gap") isGap = true;
    if (followed.type === "open") {
      become("live");
      if (isGap) for (const { onGap } of [...listeners]) onGap?.();
      isGap = false;
    }
    if (followed.type !== "change") return;
    waiting.push(followed.change);
    if (waiting.length === 1) setTimeout(tell, togetherMs);
  };
  const run = async () => {
    for await (const followed of followChanges(api, { signal: ending.signal, sleep })) take(followed);
  };
  run().catch((error: unknown) => {
    become("refused");
    if (!(error instanceof ApiProblem)) throw error;
  });
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => ending.abort(),
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
