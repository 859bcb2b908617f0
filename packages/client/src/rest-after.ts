import type { Clock } from "./clock.ts";

/** An answer without anything new that was to wait for it, and came sooner than this, is that of an API that ends. */
const shortestMs = 1_000;

/** Rests for what is left of a second since the API was asked: one that ends has nothing to tell, and would be asked again and again. */
export async function restAfter(askedAt: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const leftMs = askedAt + shortestMs - clock.now();
  if (leftMs > 0) await clock.sleep(leftMs, signal);
}
