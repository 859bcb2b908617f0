import type { Client } from "@segue/catalog-db";
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

const keepUnknown = `
insert into step_costs select x.* from jsonb_populate_recordset(null::step_costs, $1::jsonb) x
where not exists (select from step_costs c where c.step = x.step and c.slot = x.slot)
order by x.step, x.slot
on conflict do nothing`;

/** Of attempts that are packed by a release which did not hear of them when they came: where nothing later is known. */
export async function keepCosts(client: Client, attempts: readonly AttemptRow[]): Promise<void> {
  const costs = costsOf(attempts);
  if (costs.length > 0) await client.query(keepUnknown, [JSON.stringify(costs)]);
}
