import { Attempt } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import type { z } from "zod";

/**
 * What the work of a run has used, and who was at it. CPU: null where it could not be measured. GPU: null where there was none.
 */
export const Spent = Attempt.pick({ cpuMs: true, gpuMs: true, earlier: true });
export type Spent = z.infer<typeof Spent>;

export const unknownSpent: Spent = { cpuMs: null, gpuMs: null, earlier: [] };

/** Of two parts of one run. */
export function addSpent(a: Spent, b: Spent): Spent {
  return {
    cpuMs: a.cpuMs === null || b.cpuMs === null ? null : a.cpuMs + b.cpuMs,
    gpuMs: a.gpuMs === null && b.gpuMs === null ? null : (a.gpuMs ?? 0) + (b.gpuMs ?? 0),
    earlier: [...a.earlier, ...b.earlier].sort((x, y) => Date.parse(x.startedAt) - Date.parse(y.startedAt)),
  };
}

/** How long a run took that began and ended so by its machine's clock: one that was set back meanwhile would tell of less than nothing. */
export function runMs(startedAt: Date, finishedAt: Date): number {
  return Math.max(0, finishedAt.getTime() - startedAt.getTime());
}

/** How an attempt went that ends now. */
export function attemptFrom(
  { worker, now }: { readonly worker: string; now(): Date },
  { deliveryAttempt }: Pick<Delivery, "deliveryAttempt">,
  startedAt: Date,
  spent: Spent,
): Attempt {
  const finishedAt = now();
  return {
    worker,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    durationMs: runMs(startedAt, finishedAt),
    ...spent,
    deliveryAttempt,
  };
}
