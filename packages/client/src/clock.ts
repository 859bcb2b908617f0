import { setTimeout as delay } from "node:timers/promises";

/** Time, as what waits sees it. */
export interface Clock {
  /** In ms since some fixed moment. */
  now(): number;
  /** Waits; rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
};
