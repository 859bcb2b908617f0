import type { Pool, TrackState } from "@segue/catalog-db";
import { z } from "zod";

/** Tracks that are looked at one by one, as chance has them; where more are open, these stand for all. */
const mostLookedAt = 5_000;

/** So many of the oldest, and of the newest, of a state are walked over: with as many waiting, no service is wanted to be smaller than it may be. */
const mostWalked = 50_000;

/** A walk over the index of a state, from either end. */
function endsOf(state: TrackState): string {
  const walk = (order: string) =>
    `(select t.id from tracks t where t.state = '${state}' order by t.id ${order} limit $1)`;
  return `${walk("asc")} union ${walk("desc")}`;
}

/**
 * Of tracks with work under way, which steps each waits for. Those that are being made again are of tracks that somebody looks after; what was given up as
 * stuck is nobody's work. Ids are in the order of time, and what came first waits for other steps than what came last: hence the hash, and both ends.
 */
const selectWaiting = `
with open as materialized (
  select o.id from (${endsOf("accepted")} union ${endsOf("processing")}) o
  where not exists (select from track_watches w where w.track_id = o.id and w.stuck is not null)
  union (select track_id from replay_watches where stuck is null order by next_look_at limit $1)
  union (select track_id from backfill_tracks limit $1)),
looked as (select id from open order by hashtext(id::text) limit ${mostLookedAt}),
each as materialized (
  select array(
    select want from unnest(t.wants) want
    where not exists (select from step_outcomes o where o.track_id = t.id and o.step = want and o.recomputing is null)
    order by 1) as steps,
    w.put_off
  from looked join tracks t using (id) left join track_watches w on w.track_id = t.id
  -- Of one that is at rest nothing is waited for.
  where not exists (select from packed_tracks p where p.track_id = t.id))
select steps, held as "putOff", count(*) * (select greatest(1, count(*)::float8 / ${mostLookedAt}) from open) as tracks
from each cross join lateral (
  select array(select step from unnest(steps) step where (put_off ->> step)::timestamptz > now() order by 1) as held) h
where cardinality(steps) > 0 group by steps, held`;

const WaitingTracks = z.object({
  steps: z.array(z.string()),
  /** Of these, what nobody tries yet. */
  putOff: z.array(z.string()),
  tracks: z.coerce.number(),
});

/** Tracks that wait for the same steps. */
export type WaitingTracks = z.infer<typeof WaitingTracks>;

/**
 * A look takes no longer for more tracks than `most`, which is for tests: of what is open beyond that nobody is told.
 *
 * @throws whatever the database says.
 */
export async function readWaiting(pool: Pool, most = mostWalked): Promise<readonly WaitingTracks[]> {
  const { rows } = await pool.query(selectWaiting, [most]);
  return z.array(WaitingTracks).parse(rows);
}

const readCosts =
  "select step, avg(cpu_ms) / 1000 as cpu from step_costs where cpu_ms is not null group by step";
const Cost = z.object({ step: z.string(), cpu: z.number() });

/** CPU-seconds of an attempt, by step: of a thousand of late, as they were measured. */
export async function readCpuSec(pool: Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query(readCosts);
  const costs = z.array(Cost).parse(rows);
  return new Map(costs.map(({ step, cpu }) => [step, cpu]));
}
