import type { Correction } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "../connect.ts";
import { toStorableJson } from "../storable-json.ts";
import { holdingSql, StoredCorrection } from "./stored-correction.ts";

/** `known`: it was there; `unknown`: the catalog has not heard of the track (yet); `deleted`: the track is, or is being. */
const Kept = z.tuple([z.object({ kept: z.enum(["kept", "known", "unknown", "deleted"]) })]);
export type KeptCorrection = z.infer<typeof Kept>[0]["kept"];

/**
 * Keeps what was said where it is read.
 *
 * @param tells whether whoever follows the feed hears of it: of what is read anew from storage nobody does.
 */
export async function keepCorrection(
  pool: Pick<Pool, "query">,
  correction: Correction,
  { tells }: { readonly tells: boolean },
): Promise<KeptCorrection> {
  const { trackId: track_id, v: _v, type: _type, ...rest } = correction;
  const { rows } = await pool.query("select keep_correction($1::jsonb, $2) as kept", [
    toStorableJson({ ...rest, track_id }),
    tells,
  ]);
  return Kept.parse(rows)[0].kept;
}

/** All that was said of a track, oldest first. */
export async function readCorrections(pool: Pool, trackId: string): Promise<StoredCorrection[]> {
  const sql =
    "select number, kind, facts, machine, by, author, note, at from track_corrections where track_id = $1 order by number";
  return z.array(StoredCorrection).parse((await pool.query(sql, [trackId])).rows);
}

export interface CorrectedWanted {
  readonly owner: string;
  /** The last one that is known already. */
  readonly after: string | undefined;
  readonly kind: string | undefined;
  readonly limit: number;
}

const Ids = z.array(z.object({ id: z.string() }));

/** Ids of an owner's tracks of which a correction holds, in their order. */
export async function listCorrected(
  pool: Pool,
  { owner, after, kind, limit }: CorrectedWanted,
): Promise<string[]> {
  const { rows } = await pool.query(
    `select x.id from (
       select distinct c.track_id as id from track_corrections c where c.owner = $1 and ($2::uuid is null or c.track_id > $2)) x
     where exists (select from json_array_elements(${holdingSql("x.id")}) h where $3::text is null or h ->> 'kind' = $3)
     order by x.id limit $4`,
    [owner, after ?? null, kind ?? null, limit],
  );
  return Ids.parse(rows).map(({ id }) => id);
}
