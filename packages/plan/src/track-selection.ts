import type { Pool } from "@segue/catalog-db";
import { lowestTrackId } from "@segue/contracts";
import { z } from "zod";

/** The tracks that a plan or a backfill is about: those that all of this is true of. */
export interface TrackSelection {
  readonly trackId?: string | undefined;
  readonly acceptedSince?: Date | undefined;
  /** Not those accepted later. */
  readonly acceptedUntil?: Date | undefined;
  readonly state?: string | undefined;
  /** Those without one have still to be fetched, or can't be: of these there is nothing to be planned from. Default: `there`. */
  readonly master?: "there" | "missing" | "any" | undefined;
  /** Only ids after this one: for going through them page by page, in their order. */
  readonly after?: string | undefined;
}

const ofMaster = { there: "master is not null", missing: "master is null", any: "true" };

/** So far ahead may the clock be of an API whose tracks are found by when they were accepted. */
const clockAheadMs = 3_600_000;

/**
 * A condition on the table `tracks`, as a `where` clause with its values. Ids sort by time, so whoever walks them in their order walks over none that were
 * accepted long before or after: an id is never of before its track was accepted, and of after it by no more than its API's clock was ahead.
 */
export function filterTracks(selection: TrackSelection): {
  readonly where: string;
  readonly values: unknown[];
} {
  const { acceptedSince, acceptedUntil } = selection;
  const conditions: [string, unknown][] = [
    ["id =", selection.trackId],
    ["accepted_at >=", acceptedSince],
    ["id >=", acceptedSince && lowestTrackId(acceptedSince)],
    ["accepted_at <=", acceptedUntil],
    ["id <", acceptedUntil && lowestTrackId(new Date(acceptedUntil.getTime() + clockAheadMs))],
    ["state =", selection.state],
    ["id >", selection.after],
  ];
  const given = conditions.filter(([, value]) => value !== undefined);
  const clauses = given.map(([condition], index) => `${condition} $${index + 1}`);
  return {
    where: `where ${[ofMaster[selection.master ?? "there"], ...clauses].join(" and ")}`,
    values: given.map(([, value]) => value),
  };
}

const Count = z.object({ tracks: z.coerce.number().int() });

export async function countTracks(pool: Pool, selection: TrackSelection): Promise<number> {
  const { where, values } = filterTracks(selection);
  const { rows } = await pool.query(`select count(*) as tracks from tracks ${where}`, values);
  return Count.parse(rows[0]).tracks;
}
