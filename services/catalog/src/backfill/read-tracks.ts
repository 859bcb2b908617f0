import type { Pool } from "@segue/catalog-db";
import { requestIdOf } from "@segue/contracts";
import { z } from "zod";

/** A track whose master nobody has fetched yet. */
const UnfetchedTrack = z.object({ id: z.string(), wants: z.array(z.string()) });
export type UnfetchedTrack = z.infer<typeof UnfetchedTrack>;

const select = `
select t.id, t.wants from tracks t join backfills b on b.id = $1
where t.master is null and t.state in ('accepted', 'processing') and t.accepted_at <= b.requested_at and t.id > $2
  and t.accepted_at >= coalesce((b.selection ->> 'acceptedSince')::timestamptz, '-infinity')
  and t.id = coalesce((b.selection ->> 'trackId')::uuid, t.id) and t.state = coalesce(b.selection ->> 'state', t.state)
  and not exists (select from backfill_tracks u where u.backfill_id = $1 and u.track_id = t.id)
order by t.id limit $3`;

/** No track has a lower id. */
export const lowestId = "00000000-0000-0000-0000-000000000000";

/** Open ones that a backfill is about, apart from those that are under way for it, in the order of their ids. */
export async function readUnfetched(
  pool: Pool,
  backfillId: string,
  after: string,
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
