import { hasEnded, maxTrackIds, type TrackResource, type TrackSummary } from "@segue/contracts";
import type { ApiClient } from "./api-client.ts";
import { mayPass } from "./api-errors.ts";
import { type Clock, realClock } from "./clock.ts";

export interface FollowOptions {
  readonly api: Pick<ApiClient, "readProgress" | "readTrack">;
  readonly signal: AbortSignal;
  readonly pollMs?: number;
  readonly clock?: Clock;
  onProgress(track: TrackSummary): void;
  /** Told once per track, with all results. */
  onEnded(track: TrackResource): Promise<void>;
  /** The API does not answer; asking goes on. */
  onTrouble(reason: string): void;
}

/** Watches tracks until each has ended. */
export interface Follower {
  add(trackId: string): void;
  /** No more tracks will be added. */
  close(): void;
  /** Resolves when it was closed and every track has ended; rejects on abort, or if the API breaks its contract. */
  run(): Promise<void>;
}

const longestTroubleMs = 5_000;

/**
 * Polls in batches, at most two per round however many tracks there are: the oldest, which should end next, and a
 * window that goes round over all others.
 */
export function createFollower(options: FollowOptions): Follower {
  const { api, signal, pollMs = 250, clock = realClock } = options;
  const pending = new Set<string>();
  let closed = false;
  let change = Promise.withResolvers<void>();
  let cursor = pending.values();
  const changed = () => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  signal.addEventListener("abort", changed, { once: true });

  const nextBatches = (): string[][] => {
    const oldest = takeFirst(pending.values());
    if (pending.size <= maxTrackIds) return [oldest];
    const window = takeFirst(cursor);
    if (window.length < maxTrackIds) cursor = pending.values();
    return window.length > 0 ? [oldest, window] : [oldest];
  };

  /** Tracks that have ended, with their results; and what went wrong, if the API could not be asked for everything. */
  const poll = async (): Promise<{ ended: TrackResource[]; trouble: unknown }> => {
    const answers = await Promise.allSettled(nextBatches().map((ids) => api.readProgress(ids, { signal })));
    const seen = new Map(fulfilled(answers).flatMap((tracks) => tracks.map((track) => [track.id, track])));
    for (const track of seen.values()) options.onProgress(track);
    const over = [...seen.values()].filter(hasEnded);
    const tracks = await Promise.allSettled(over.map(({ id }) => api.readTrack(id, { signal })));
    const ended = fulfilled(tracks).filter((track) => track !== undefined);
    return { ended: ended.filter(hasEnded), trouble: firstReason([...answers, ...tracks]) };
  };

  return {
    add(trackId) {
      pending.add(trackId);
      changed();
    },
    close() {
      closed = true;
      changed();
    },
    async run() {
      let troubleMs = 0;
      while (!(closed && pending.size === 0)) {
        signal.throwIfAborted();
        if (pending.size === 0) {
          await change.promise;
          continue;
        }
        const { ended, trouble } = await poll();
        for (const track of ended) if (pending.delete(track.id)) await options.onEnded(track);
        if (trouble === undefined) troubleMs = 0;
        else {
          signal.throwIfAborted();
          if (!mayPass(trouble)) throw trouble;
          troubleMs = Math.min(Math.max(pollMs, troubleMs * 2), longestTroubleMs);
          const reason = trouble instanceof Error ? trouble.message : String(trouble);
          options.onTrouble(`the API does not answer (${reason})`);
        }
        if (!(closed && pending.size === 0)) await clock.sleep(Math.max(pollMs, troubleMs), signal);
      }
    },
  };
}

/** Up to one batch of ids; leaves the iterator where it stopped. */
function takeFirst(ids: Iterator<string>): string[] {
  const batch: string[] = [];
  while (batch.length < maxTrackIds) {
    const next = ids.next();
    if (next.done) break;
    batch.push(next.value);
  }
  return batch;
}

function fulfilled<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

function firstReason(results: readonly PromiseSettledResult<unknown>[]): unknown {
  return results.find((result) => result.status === "rejected")?.reason;
}
