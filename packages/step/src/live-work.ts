import { setTimeout as sleep } from "node:timers/promises";

/** The live deliveries that a process has in hand: what belongs to a backfill begins while there are none. */
export interface LiveWork {
  /** A live delivery is in hand until it is disposed. */
  enter(): Disposable;
  /** True once nothing live is in hand; false when that takes longer than `patienceMs`, or the signal aborts. */
  idleWithin(patienceMs: number, signal: AbortSignal): Promise<boolean>;
}

export function createLiveWork(): LiveWork {
  let inHand = 0;
  let idle = Promise.withResolvers<void>();
  idle.resolve();
  return {
    enter() {
      if (inHand++ === 0) idle = Promise.withResolvers();
      return {
        [Symbol.dispose]() {
          if (--inHand === 0) idle.resolve();
        },
      };
    },
    async idleWithin(patienceMs, signal) {
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      const late = sleep(patienceMs, undefined, { signal: either }).catch(() => {});
      await Promise.race([idle.promise, late]);
      done.abort();
      return inHand === 0 && !signal.aborted;
    },
  };
}
