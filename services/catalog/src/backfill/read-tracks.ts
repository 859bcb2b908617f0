import type { Pool } from "@segue/catalog-db";
import { requestIdOf } from "@segue/contracts";
import { filterTracks, type TrackSelection } from "@segue/plan";
import { z } from "zod";

/** A track without a master: nobody has fetched it yet, or it can't be fetched. */
const UnfetchedTrack = z.object({
  id: z.string(),
  owner: z.string(),
  wants: z.array(z.string()),
  /** Whether it may still be fetched. */
  isOpen: z.boolean(),
});
export type UnfetchedTrack = z.infer<typeof UnfetchedTrack>;

/** The next tracks of a selection that have no master, in the order of their ids. */
export async function readUnfetched(
  pool: Pool,
  selection: TrackSelection,
  limit: number,
): Promise<UnfetchedTrack[]> {
  const { where, values } = filterTracks({ ...selection, master: "missing" });
  const { rows } = await pool.query(
    `select id, owner, wants, state in ('accepted', 'processing') as "isOpen" from tracks ${where} order by id limit ${Math.trunc(limit)}`,
    values,
  );
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
    `select track_id as id from requests where track_id = any($1::uuid[]) and request_id = any($2::uuid[])
     union all
     select track_id from packed_tracks where track_id = any($1::uuid[]) and request_ids && $2::uuid[]`,
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
