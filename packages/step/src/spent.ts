import { Attempt } from "@segue/contracts";
import type { z } from "zod";

/** What the work of a run has used. CPU: null where it could not be measured. GPU: null where there was none. */
export const Spent = Attempt.pick({ cpuMs: true, gpuMs: true });
export type Spent = z.infer<typeof Spent>;

export const unknownSpent: Spent = { cpuMs: null, gpuMs: null };

/** Of two attempts of one run. */
export function addSpent(a: Spent, b: Spent): Spent {
  return {
    cpuMs: a.cpuMs === null || b.cpuMs === null ? null : a.cpuMs + b.cpuMs,
    gpuMs: a.gpuMs === null && b.gpuMs === null ? null : (a.gpuMs ?? 0) + (b.gpuMs ?? 0),
  };
}
