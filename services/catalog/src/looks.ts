import { setTimeout as sleep } from "node:timers/promises";

export interface LooksOptions {
  /** Looks, and does what is due; must not throw. @returns how long nothing more will be due, in ms, as far as it can know. */
  look(): Promise<number>;
  /** Between two looks. */
  readonly shortestMs: number;
  /** What is due for others' doing, and nobody has told us of, waits so long at most. */
  readonly longestMs: number;
}

/** Looks that come when something is due, and not by a fixed beat. */
export interface Looks {
  /** Something has changed: it is to be looked at within so long. */
  within(ms: number): void;
  stop(): Promise<void>;
}

export function startLooks({ look, shortestMs, longestMs }: LooksOptions): Looks {
  const stopping = new AbortController();
  let dueAtMs = performance.now() + shortestMs;
  let sooner = Promise.withResolvers<void>();
  const untilDue = async () => {
    while (!stopping.signal.aborted && performance.now() < dueAtMs) {
      sooner = Promise.withResolvers();
      const done = new AbortController();
      const either = AbortSignal.any([stopping.signal, done.signal]);
      const due = sleep(dueAtMs - performance.now(), undefined, { signal: either }).catch(() => {});
      await Promise.race([due, sooner.promise]);
      done.abort();
    }
  };
  const work = async () => {
    for (;;) {
      await untilDue();
      if (stopping.signal.aborted) return;
      // What changes while it looks brings the next look forward.
      dueAtMs = Number.POSITIVE_INFINITY;
      const restMs = Math.min(await look(), longestMs);
      const nowMs = performance.now();
      dueAtMs = Math.max(nowMs + shortestMs, Math.min(dueAtMs, nowMs + restMs));
    }
  };
  const working = work();
  return {
    within(ms) {
      const atMs = performance.now() + ms;
      if (atMs >= dueAtMs) return;
      dueAtMs = atMs;
      sooner.resolve();
    },
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
