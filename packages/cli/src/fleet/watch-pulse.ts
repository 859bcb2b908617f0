import { setTimeout as delay } from "node:timers/promises";
import type { Ping } from "./ping-cloud.ts";

export interface PulseLimits {
  readonly everyMs: number;
  /** How long one answer may take. */
  readonly answerMs: number;
  /** So many pings in a row without an answer mean that none will come. */
  readonly misses: number;
}

/**
 * Two minutes without any answer: on a machine that is twenty times overloaded, or while a long statement runs, parts are
 * slow, and still answer.
 */
export const patientPulse: PulseLimits = { everyMs: 5_000, answerMs: 30_000, misses: 4 };

/** Pings until the signal is aborted, or resolves with the last reason once a part gives no sign of life any more. */
export async function watchPulse(ping: Ping, limits: PulseLimits, signal: AbortSignal): Promise<string> {
  let reason = "";
  for (let missed = 0; missed < limits.misses; ) {
    await delay(limits.everyMs, undefined, { signal });
    try {
      await ping(AbortSignal.any([signal, AbortSignal.timeout(limits.answerMs)]));
      missed = 0;
    } catch (error) {
      signal.throwIfAborted();
      missed += 1;
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return reason;
}
