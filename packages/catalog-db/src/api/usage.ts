import { z } from "zod";
import type { Pool } from "../connect.ts";

const Usage = z.object({ tracks: z.coerce.number(), bytes: z.coerce.number() });
/** What a family of keys has had on a day. */
export type Usage = z.infer<typeof Usage>;

const open = `
with opened as (
  insert into api_usage (family, day) values ($1, $2) on conflict do nothing returning tracks, bytes)
select tracks, bytes from opened union all select tracks, bytes from api_usage where family = $1 and day = $2 limit 1`;

/** What it has had so far; from now on there is a row to count in. @param day as `2025-01-31`. */
export async function readUsage(pool: Pool, family: string, day: string): Promise<Usage> {
  const { rows } = await pool.query(open, [family, day]);
  // Another process has made the row meanwhile: nothing was counted in it that would matter here.
  return Usage.parse(rows[0] ?? { tracks: 0, bytes: 0 });
}

/** What a track is counted as. */
export interface Charge {
  readonly family: string;
  readonly day: string;
  readonly trackId: string;
  readonly bytes: number;
  /** Null: any number. */
  readonly tracksPerDay: number | null;
  readonly bytesPerDay: number | null;
}

/**
 * Whoever counts has the day's row until the statement's end, and reads it as it is then. That a track was counted the unique index tells, whoever has done it a
 * moment ago; what fits not is not counted, and not noted.
 */
const charge = `
with usage as materialized (select tracks, bytes from api_usage where family = $1 and day = $2 for update),
fitting as (
  select 1 as one from usage u where u.tracks + 1 <= coalesce($5::bigint, u.tracks + 1) and u.bytes + $4 <= coalesce($6::bigint, u.bytes + $4)),
charged as (insert into api_charges (track_id, day) select $3::uuid, $2::date from fitting on conflict do nothing returning track_id),
counted as (
  update api_usage u set tracks = u.tracks + 1, bytes = u.bytes + $4 from charged where u.family = $1 and u.day = $2
  returning u.tracks, u.bytes)
select u.tracks + (select count(*) from charged) as tracks, u.bytes + $4 * (select count(*) from charged) as bytes,
  exists (select from fitting) as fits, exists (select from counted) as counted
from usage u`;

const Charged = Usage.extend({ fits: z.boolean(), counted: z.boolean() });

/** What there is now, with the track; `false`: it goes beyond what there may be. A track that was counted before is counted no more, and fits. */
export async function chargeTrack(pool: Pool, asked: Charge): Promise<Usage | false> {
  const { family, day, trackId, bytes, tracksPerDay, bytesPerDay } = asked;
  const { rows } = await pool.query(charge, [family, day, trackId, bytes, tracksPerDay, bytesPerDay]);
  const { fits, ...usage } = Charged.parse(rows[0]);
  if (fits) return { tracks: usage.tracks, bytes: usage.bytes };
  // Perhaps since it has been counted itself, by the same request at the same moment.
  const known = await pool.query("select from api_charges where track_id = $1", [trackId]);
  return known.rows.length > 0 ? { tracks: usage.tracks, bytes: usage.bytes } : false;
}

/** Takes back what a track was counted as that has come to nothing. */
export async function refundTrack(
  pool: Pool,
  { family, trackId, bytes }: Pick<Charge, "family" | "trackId" | "bytes">,
): Promise<void> {
  await pool.query(
    `with gone as (delete from api_charges where track_id = $2 returning day)
     update api_usage u set tracks = u.tracks - 1, bytes = u.bytes - $3 from gone where u.family = $1 and u.day = gone.day`,
    [family, trackId, bytes],
  );
}

/** Deleted in one statement. */
const atOnce = 10_000;
/** Days of which nobody asks any more. */
const forget = `
with days as (delete from api_usage where day < $1::date - 40)
delete from api_charges where track_id in (
  select track_id from api_charges where day < $1::date - 7 order by day limit $2)`;

/** Forgets some of what was counted long ago. @param day today. @returns whether there is more. */
export async function forgetUsage(pool: Pool, day: string): Promise<boolean> {
  return (await pool.query(forget, [day, atOnce])).rowCount === atOnce;
}
