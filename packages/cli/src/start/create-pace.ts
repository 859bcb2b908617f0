import { type Clock, realClock } from "@segue/client";

/**
 * How fast files are sent: so many at a time, fewer when the API asks to slow down, more again while it does not.
 * Additive increase and multiplicative decrease, as TCP does it.
 */
export interface Pace {
  /** Waits for a turn; rejects when the signal aborts. */
  enter(signal: AbortSignal): Promise<void>;
  /** Gives the turn back after the API took a file, or refused it for good. */
  leave(): void;
  /**
   * Gives the turn back after the API asked to slow down, or did not answer: nobody enters for a while.
   *
   * @param retryAfterMs what the API asked for; null: 0.5 s, doubling with every refusal in a row, up to 30 s.
   * @returns the wait in ms.
   */
  leaveRefused(retryAfterMs: number | null): number;
  /** How many may be on their way at once, at the moment. */
  readonly limit: number;
}

export interface PaceOptions {
  readonly startLimit?: number;
  readonly maxLimit?: number;
  readonly clock?: Clock;
}

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;
/** However long the API asks to wait, it is asked again after this. */
const longestWaitMs = 300_000;

export function createPace(options: PaceOptions = {}): Pace {
  const { startLimit = 4, maxLimit = 8, clock = realClock } = options;
  let limit = startLimit;
  let inFlight = 0;
  let pausedUntilMs = 0;
  let refusals = 0;
  let goodSinceChange = 0;
  let turn = Promise.withResolvers<void>();
  const release = () => {
    inFlight--;
    turn.resolve();
    turn = Promise.withResolvers<void>();
  };
  return {
    get limit() {
      return limit;
    },
    async enter(signal) {
      for (;;) {
        signal.throwIfAborted();
        const waitMs = pausedUntilMs - clock.now();
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        else if (inFlight < limit) break;
        else await turn.promise;
      }
      inFlight++;
    },
    leave() {
      refusals = 0;
      goodSinceChange++;
      if (goodSinceChange >= limit && limit < maxLimit) {
        limit++;
        goodSinceChange = 0;
      }
      release();
    },
    leaveRefused(retryAfterMs) {
      const backoffMs = Math.min(firstBackoffMs * 2 ** refusals, longestBackoffMs);
      const waitMs = Math.min(retryAfterMs ?? backoffMs, longestWaitMs);
      // Those that were on their way together are refused together: that is one refusal.
      if (clock.now() >= pausedUntilMs) {
        refusals++;
        limit = Math.max(1, Math.floor(limit / 2));
        goodSinceChange = 0;
      }
      pausedUntilMs = Math.max(pausedUntilMs, clock.now() + waitMs);
      release();
      return waitMs;
    },
  };
}
