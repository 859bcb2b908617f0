/**
 * How tracks go from the tables: what is known of each is read, what is to be looked for in storage is noted with its tombstone, the rows are deleted, and whoever follows the
 * feed is told, all in one transaction that has these tracks for itself. From its commit on the tables refuse whatever comes of them (`0087-takedowns.sql`).
 */
import { type Client, type Pool, toStorableJson, unpackTrack } from "@segue/catalog-db";
import { uploadedSource } from "@segue/contracts";
import { z } from "zod";
import type { ChangeRow } from "../changes/tell-changes.ts";
import { type OnTold, writeCatalog } from "../write-catalog.ts";

/** Of these, rows about a track. */
const tables = [
  "track_watches",
  "track_events",
  "replay_watches",
  "step_outcomes",
  "step_attempts",
  "requests",
  "packed_tracks",
  "dead_letters",
  "jobs",
  "track_corrections",
] as const;

/** Known of a track, wherever it is kept: whose it is, and what leads to its objects. */
const selectKnown = `
select x.id, t.owner, t.state, t.source, coalesce(t.master, (
    select a.address from step_attempts a where a.track_id = x.id and a.step = 'fetch' and a.status = 'succeeded' limit 1)) as master,
  t.id is not null as "isKnown", p.body as packed,
  array(select r.request_id from requests r where r.track_id = x.id and r.request_id <> x.id) as requests,
  coalesce((select jsonb_agg(jsonb_build_object('address', a.address, 'outputs', a.outputs)) from step_attempts a where a.track_id = x.id), '[]') as made
from unnest($1::uuid[]) as x(id) left join tracks t on t.id = x.id left join packed_tracks p on p.track_id = x.id order by x.id`;

const Made = z.object({ address: z.string(), outputs: z.record(z.string(), z.string()).nullish() });
const Known = z.object({
  id: z.string(),
  owner: z.string().nullable(),
  state: z.string().nullable(),
  source: z.string().nullable(),
  master: z.string().nullable(),
  isKnown: z.boolean(),
  packed: z.instanceof(Uint8Array).nullable(),
  requests: z.array(z.string()),
  made: z.array(Made),
});
type Known = z.infer<typeof Known>;

const keepTombstones = `
insert into deleted_tracks as d (id, takedown_id, owner, cause, master, was_fetched, requests, addresses)
select id, takedown_id, owner, cause, master, was_fetched, requests, addresses
from jsonb_to_recordset($1::jsonb) as x(id uuid, takedown_id uuid, owner text, cause text, master text, was_fetched boolean, requests uuid[], addresses text[])
on conflict (id) do update set master = coalesce(d.master, excluded.master), was_fetched = d.was_fetched and excluded.was_fetched,
  requests = array(select distinct unnest(d.requests || excluded.requests)),
  addresses = array(select distinct unnest(d.addresses || excluded.addresses))`;

const ofIds = "any($1::uuid[])";
/** A backfill asked of them what nobody will answer. */
const leaveBackfills = `
with gone as (delete from backfill_tracks where track_id = ${ofIds} returning backfill_id),
counted as (select backfill_id, count(*) as tracks from gone group by backfill_id)
update backfills b set complete = complete + c.tracks from counted c where b.id = c.backfill_id`;

/** Who deletes them, and why. */
export interface Burial {
  readonly takedownId: string;
  readonly cause: string;
  /** Of tracks that the catalog has not heard of. */
  readonly owner: string;
  /** Of these tracks none may have begun: else nothing is done. */
  readonly unlessBegun?: boolean;
}

/** Rows that were deleted; undefined: something of them has begun. */
export function buryTracks(
  pool: Pool,
  ids: readonly string[],
  burial: Burial,
  onTold?: OnTold,
): Promise<number | undefined> {
  const work = async (client: Client) => {
    const { rows } = await client.query(selectKnown, [ids]);
    const known = z.array(Known).parse(rows);
    if (burial.unlessBegun && known.some(hasBegun)) return { result: undefined, changes: [] };
    await client.query(keepTombstones, [toStorableJson(known.map((track) => tombstoneOf(track, burial)))]);
    let count = 0;
    for (const table of tables) {
      const { rowCount } = await client.query(`delete from ${table} where track_id = ${ofIds}`, [ids]);
      count += rowCount ?? 0;
    }
    await client.query(leaveBackfills, [ids]);
    for (const table of ["search_tracks", "tracks"])
      count += (await client.query(`delete from ${table} where id = ${ofIds}`, [ids])).rowCount ?? 0;
    return { result: count, changes: known.flatMap(tellDeleted) };
  };
  return writeCatalog(pool, ids, work, { onTold });
}

function hasBegun({ packed, made, state }: Known): boolean {
  return packed !== null || made.length > 0 || (state !== null && state !== "accepted");
}

function tombstoneOf(track: Known, { takedownId, cause, owner }: Burial) {
  const packed = track.packed ? unpackTrack(track.id, track.packed) : undefined;
  const made = [...track.made, ...(packed?.attempts ?? [])];
  const addresses = made.flatMap(({ address, outputs }) => [address, ...Object.values(outputs ?? {})]);
  const packedRequests = packed?.requests.map(({ request_id }) => request_id) ?? [];
  const requests = [...track.requests, ...packedRequests].filter((id) => id !== track.id);
  return {
    ...{ id: track.id, takedown_id: takedownId, owner: track.owner ?? owner, cause, master: track.master },
    was_fetched: track.source !== uploadedSource,
    ...{ requests: [...new Set(requests)], addresses: [...new Set(addresses)] },
  };
}

function tellDeleted({ id, owner }: Known): ChangeRow[] {
  if (owner === null) return [];
  const about = { request_id: null, step: null, code: null };
  return [{ track_id: id, owner, type: "track.deleted", state: "deleted", ...about }];
}
