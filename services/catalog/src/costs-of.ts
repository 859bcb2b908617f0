import type { AttemptRow, CostRow } from "./rows.ts";

const slots = 1_000;

/** What attempts have used that did the work; plans tell by a thousand of each step what more of them would. */
export function costsOf(attempts: readonly AttemptRow[]): CostRow[] {
  const bySlot = new Map<string, CostRow>();
  for (const { track_id, step, status, how, cpu_ms, gpu_ms, finished_at } of attempts) {
    if (status !== "succeeded" || how !== "computed" || cpu_ms === null) continue;
    // The end of an id is random.
    const slot = Number.parseInt(track_id.slice(-8), 16) % slots;
    bySlot.set(`${step} ${slot}`, { step, slot, cpu_ms, gpu_ms, at: finished_at });
  }
  return [...bySlot.values()];
}
