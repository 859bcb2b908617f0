import { setTimeout as sleep } from "node:timers/promises";

/** The live deliveries that a process has in hand: what belongs to a backfill begins while there are none. */
export interface LiveWork {
  /** A live delivery is in hand until it is disposed. */
  enter(): Disposable;
  /** True once nothing live is in hand; false when that takes longer than `patienceMs`, or the signal aborts. */
  idleWithin(patienceMs: number, signal: AbortSignal): Promise<boolean>;
}

/**
 * How long live work counts as in hand after its last delivery, in ms: a worker that takes one at a time is sent the next
 * when the ack of the last has arrived, and without this a delivery of a backfill would slip in between each two.
 */
const lingerMs = 250;

export function createLiveWork(): LiveWork {
  let inHand = 0;
  let isIdle = true;
  let idle = Promise.withResolvers<void>();
  let lingering: NodeJS.Timeout | undefined;
  idle.resolve();
  return {
    enter() {
      inHand++;
      clearTimeout(lingering);
      if (isIdle) idle = Promise.withResolvers();
      isIdle = false;
      return {
        [Symbol.dispose]() {
          if (--inHand > 0) return;
          lingering = setTimeout(() => {
            isIdle = true;
            idle.resolve();
          }, lingerMs).unref();
        },
      };
    },
    async idleWithin(patienceMs, signal) {
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      const late = sleep(patienceMs, undefined, { signal: either }).catch(() => {});
      await Promise.race([idle.promise, late]);
      done.abort();
      return isIdle && !signal.aborted;
    },
  };
}
