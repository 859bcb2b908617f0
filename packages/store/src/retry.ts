import { setTimeout as sleep } from "node:timers/promises";
import { StoreError, StoreUnavailableError, toStoreError } from "./errors.ts";

const firstDelayMs = 100;
const longestDelayMs = 3_000;

/** Rejects with a `StoreUnavailableError` when `promise` has not settled after `timeoutMs`. */
export async function limitTime<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailableError(what, `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs `attempt` until it succeeds, fails for good, or `timeoutMs` have passed since the first try. Delays double
 * from 100 ms up to 3 s with full jitter, as Cloud Storage's retry guide asks. Only for work that may be done twice.
 */
export async function retryUnavailable<T>(
  what: string,
  timeoutMs: number,
  attempt: () => Promise<T>,
): Promise<T> {
  const startedAtMs = performance.now();
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (thrown) {
      const error = toStoreError(thrown, what);
      if (!(error instanceof StoreError) || !error.retryable) throw error;
      const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** tries) * Math.random();
      if (performance.now() - startedAtMs + delayMs > timeoutMs) throw error;
      await sleep(delayMs);
    }
  }
}
