import type { Pool } from "@segue/catalog-db";
import { type Chain, needsOf } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { z } from "zod";

/** Tracks that are looked at one by one; where more are open, these stand for all. */
const mostLookedAt = 20_000;
/** More than these are not counted: no fleet is scaled by the difference. */
const mostCounted = 200_000;

/** Of tracks with work under way, which steps each waits for. Those that are being made again are of tracks that somebody looks after. */
const selectWaiting = `
with open as materialized (
  (select id from tracks where state in ('accepted', 'processing') limit ${mostCounted})
  union select track_id from replay_watches where stuck is null
  union select track_id from backfill_tracks),
looked as (select id from open limit ${mostLookedAt}),
each as (
  select array(
    select want from unnest(t.wants) want
    where not exists (select from step_outcomes o where o.track_id = t.id and o.step = want and o.recomputing is null)
    order by 1) as steps
  from looked join tracks t using (id)
  -- Of one that is at rest nothing is waited for.
  where not exists (select from packed_tracks p where p.track_id = t.id))
select steps, count(*) * (select greatest(1, count(*)::float8 / ${mostLookedAt}) from open) as tracks
from each where cardinality(steps) > 0 group by steps`;

const Row = z.object({ steps: z.array(z.string()), tracks: z.coerce.number() });

/**
 * Attempts that could be made at this moment, by step: of a track the steps that nothing which it still waits for comes before.
 *
 * @throws whatever the database says.
 */
export async function readWaiting(pool: Pool, chain: Chain<StepSpec>): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query(selectWaiting);
  const waiting = new Map<string, number>();
  const needs = new Map(chain.steps.map((step) => [step.name, needsOf(chain, step)]));
  for (const { steps, tracks } of z.array(Row).parse(rows)) {
    const others = new Set(steps);
    for (const step of steps) {
      const before = needs.get(step);
      if (!before || [...before].some((each) => others.has(each))) continue;
      waiting.set(step, (waiting.get(step) ?? 0) + tracks);
    }
  }
  return waiting;
}

const readCosts =
  "select step, avg(cpu_ms) / 1000 as cpu from step_costs where cpu_ms is not null group by step";
const Cost = z.object({ step: z.string(), cpu: z.number() });

/** CPU-seconds of an attempt, by step: of a thousand of late, as they were measured. */
export async function readCpuSec(pool: Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query(readCosts);
  return new Map(
    z
      .array(Cost)
      .parse(rows)
      .map(({ step, cpu }) => [step, cpu]),
  );
}
