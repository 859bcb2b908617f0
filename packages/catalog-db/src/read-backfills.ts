import { BackfillSelection, BackfillState } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";

const instant = z.date().transform((date) => date.toISOString());
const count = z.coerce.number().int();

/** A backfill as the catalog knows it, with what is under way. */
const Row = z.object({
  id: z.string(),
  targets: z.array(z.string()),
  force: z.array(z.string()),
  selection: BackfillSelection,
  inFlight: z.int(),
  requestedAt: instant,
  state: BackfillState,
  finishedAt: instant.nullable(),
  total: count.nullable(),
  complete: count,
  succeeded: count,
  failed: count,
  activeMs: count,
  underWay: count,
  waitingFor: z.record(z.string(), z.int()),
  failures: z.array(z.object({ step: z.string(), code: z.string(), tracks: z.int(), example: z.string() })),
});
export type StoredBackfill = z.infer<typeof Row>;

const select = `
select b.id, b.targets, b.force, b.selection, b.in_flight as "inFlight", b.requested_at as "requestedAt", b.state,
  b.finished_at as "finishedAt", b.total, b.complete, b.succeeded, b.failed, b.active_ms as "activeMs",
  (select count(*) from backfill_tracks t where t.backfill_id = b.id) as "underWay",
  coalesce((
    select jsonb_object_agg(w.step, w.tracks) from (
      select s.step, count(*) as tracks
      from backfill_tracks t
      join requests r on r.track_id = t.track_id and r.request_id = t.request_id
      cross join lateral unnest(r.wants) as s(step)
      where t.backfill_id = b.id and not exists (
        select from step_attempts a where a.track_id = t.track_id and a.step = s.step
          and a.version >= coalesce((r.versions ->> s.step)::int, 0)
          and (a.request_id = t.request_id or a.finished_at >= t.announced_at - interval '1 second'))
      group by s.step) w), '{}') as "waitingFor",
  coalesce((
    select jsonb_agg(jsonb_build_object('step', f.step, 'code', f.code, 'tracks', f.tracks, 'example', f.example)
      order by f.tracks desc, f.step)
    from backfill_failures f where f.backfill_id = b.id), '[]') as failures
from backfills b`;

/** Backfills, the latest first: one, or the latest hundred. */
export async function readBackfills(pool: Pool, id?: string): Promise<StoredBackfill[]> {
  const { rows } =
    id === undefined
      ? await pool.query(`${select} order by b.id desc limit 100`)
      : await pool.query(`${select} where b.id = $1`, [id]);
  return z.array(Row).parse(rows);
}
