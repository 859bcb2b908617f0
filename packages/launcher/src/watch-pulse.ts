import { setTimeout as delay } from "node:timers/promises";
import type { Ping } from "./ping-cloud.ts";

export interface PulseLimits {
  /** Between pings of a part that answers. */
  readonly everyMs: number;
  /** After a ping that was not answered. */
  readonly againMs: number;
  /** How long one answer may take. */
  readonly answerMs: number;
  /** So many pings in a row without an answer, for as long as so many answers may take, mean that none will come. */
  readonly misses: number;
}

/**
 * Two minutes without any answer: on a machine that is twenty times overloaded, or while a long statement runs, parts are
 * slow, and still answer. One that answers is asked seldom: each ping of the database is a connection and a statement.
 */
export const patientPulse: PulseLimits = { everyMs: 30_000, againMs: 5_000, answerMs: 30_000, misses: 4 };

/**
 * Pings until the signal is aborted, or resolves with the last reason once a part gives no sign of life any more. One that turns a
 * ping away at once may be busy, out of connections, or this machine out of ports: it is given the same time.
 */
export async function watchPulse(ping: Ping, limits: PulseLimits, signal: AbortSignal): Promise<string> {
  let reason = "";
  let silentSinceMs = performance.now();
  const isSilent = () => performance.now() - silentSinceMs >= limits.misses * limits.answerMs;
  for (let missed = 0; missed < limits.misses || !isSilent(); ) {
    await delay(missed === 0 ? limits.everyMs : limits.againMs, undefined, { signal });
    try {
      await ping(AbortSignal.any([signal, AbortSignal.timeout(limits.answerMs)]));
      missed = 0;
      silentSinceMs = performance.now();
    } catch (error) {
      signal.throwIfAborted();
      missed += 1;
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return reason;
}
