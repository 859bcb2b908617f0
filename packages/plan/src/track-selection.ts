import type { Pool } from "@segue/catalog-db";
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

/** A condition on the table `tracks`, as a `where` clause with its values. */
export function filterTracks(selection: TrackSelection): {
  readonly where: string;
  readonly values: unknown[];
} {
  const conditions: [string, unknown][] = [
    ["id =", selection.trackId],
    ["accepted_at >=", selection.acceptedSince],
    ["accepted_at <=", selection.acceptedUntil],
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
