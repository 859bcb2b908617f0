import type { Pool } from "@segue/catalog-db";
import { requestIdOf } from "@segue/contracts";
import { z } from "zod";

/** A track without a master: nobody has fetched it yet, or it can't be fetched. */
const UnfetchedTrack = z.object({
  id: z.string(),
  wants: z.array(z.string()),
  /** Whether it may still be fetched. */
  isOpen: z.boolean(),
});
export type UnfetchedTrack = z.infer<typeof UnfetchedTrack>;

const select = `
select t.id, t.wants, t.state in ('accepted', 'processing') as "isOpen" from tracks t join backfills b on b.id = $1
where t.master is null and t.accepted_at <= b.requested_at and t.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
  and t.accepted_at >= coalesce((b.selection ->> 'acceptedSince')::timestamptz, '-infinity')
  and t.id = coalesce((b.selection ->> 'trackId')::uuid, t.id) and t.state = coalesce(b.selection ->> 'state', t.state)
order by t.id limit $3`;

/** Tracks without a master that a backfill is about, in the order of their ids. @param after null: from the first one. */
export async function readUnfetched(
  pool: Pool,
  backfillId: string,
  after: string | null,
  limit: number,
): Promise<UnfetchedTrack[]> {
  const { rows } = await pool.query(select, [backfillId, after, limit]);
  return z.array(UnfetchedTrack).parse(rows);
}

/** Of tracks, those that a backfill has not asked for anything. */
export async function readNotAsked<Track extends { readonly id: string }>(
  pool: Pool,
  backfillId: string,
  tracks: readonly Track[],
): Promise<Track[]> {
  if (tracks.length === 0) return [];
  const { rows } = await pool.query(
    "select track_id as id from requests where track_id = any($1::uuid[]) and request_id = any($2::uuid[])",
    [tracks.map(({ id }) => id), tracks.map(({ id }) => requestIdOf(backfillId, id))],
  );
  const asked = new Set(
    z
      .array(z.object({ id: z.string() }))
      .parse(rows)
      .map(({ id }) => id),
  );
  return tracks.filter(({ id }) => !asked.has(id));
}
