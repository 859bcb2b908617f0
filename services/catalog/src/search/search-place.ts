/** How far search is in the feed of changes, and in going through all tracks: one row, which one process at a time has for itself until its transaction ends. */
import type { Client } from "@segue/catalog-db";
import { z } from "zod";

/** Of the feed, in one turn. */
const changesAtOnce = 500;
const lowestId = "00000000-0000-0000-0000-000000000000";

const Place = z.object({
  epoch: z.string(),
  position: z.coerce.number(),
  walkedTo: z.string().nullable(),
  rebuild: z.coerce.number(),
  feedEpoch: z.string(),
  goneThrough: z.coerce.number(),
  last: z.coerce.number(),
  asked: z.coerce.number(),
});

/** Why all tracks are gone through: what has happened can't be read any more, or not as it was; or somebody has asked for it. */
export type WalkReason = "gap" | "rebuild" | "kinds";

/** What is to be done now. */
export interface Due {
  /** Tracks that something has happened to. */
  readonly changed: readonly string[];
  /** Null: no walk is under way. */
  readonly walkFrom: string | null;
  /** Set where a walk has just been begun. */
  readonly began: WalkReason | null;
  /** Of the feed, once this is done. */
  readonly position: number;
  /** There are more changes, as far as can be told. */
  readonly isMore: boolean;
  /** For how long the oldest change waits, in ms; 0: none does. */
  readonly behindMs: number;
}

/** Has the place for itself until the transaction ends. False: another process has it. */
export async function takePlace(client: Client): Promise<boolean> {
  const take = () => client.query("select id from search_place for update skip locked");
  if ((await take()).rows.length > 0) return true;
  // Where there is a row, nothing is inserted, and nobody is waited for.
  const made = await client.query(
    "insert into search_place default values on conflict do nothing returning id",
  );
  return made.rows.length > 0;
}

/** In a statement of its own after the lock: what it sees is what whoever had the place before has left, and no feed that is older than that. */
const read = `
select p.epoch, p.position, p.walked_to as "walkedTo", p.rebuild, f.epoch as "feedEpoch", f.gone_through as "goneThrough",
  greatest(f.gone_through, coalesce((select max(number) from changes), 0)) as last,
  coalesce((select max(number) from search_rebuilds), 0) as asked
from search_place p, change_feed f`;

const readPage = `
select number, track_id as "trackId", extract(epoch from clock_timestamp() - at)::float8 * 1000 as "ageMs"
from changes where number > $1 order by number limit ${changesAtOnce}`;
const Page = z.array(z.object({ number: z.coerce.number(), trackId: z.string(), ageMs: z.number() }));

/** Notes what is begun. @param newKinds facts are looked at otherwise than before. */
export async function readDue(client: Client, newKinds: boolean): Promise<Due> {
  const place = Place.parse((await client.query(read)).rows[0]);
  const began = reasonOf(place, newKinds);
  // What happens from here on is read, whatever is found on the walk.
  const isGap = began === "gap";
  const since = isGap ? place.last : place.position;
  const page = Page.parse((await client.query(readPage, [since])).rows);
  await client.query(
    `update search_place set epoch = $1, rebuild = $2, walked_to = case when $3 then $4::uuid else walked_to end
     where $3 or (epoch, rebuild) is distinct from ($1, $2::bigint)`,
    [place.feedEpoch, place.asked, began !== null, lowestId],
  );
  return {
    changed: [...new Set(page.map(({ trackId }) => trackId))],
    walkFrom: began === null ? place.walkedTo : lowestId,
    began,
    position: page.at(-1)?.number ?? since,
    isMore: page.length === changesAtOnce,
    behindMs: Math.max(0, page[0]?.ageMs ?? 0),
  };
}

function reasonOf(place: z.infer<typeof Place>, newKinds: boolean): WalkReason | null {
  const { epoch, feedEpoch, position, goneThrough, last, rebuild, asked } = place;
  if (epoch !== feedEpoch || position < goneThrough || position > last) return "gap";
  if (asked > rebuild) return "rebuild";
  return newKinds ? "kinds" : null;
}

/** @param walkedTo null: all tracks were gone through, or none are. */
export async function movePlace(client: Client, position: number, walkedTo: string | null): Promise<void> {
  await client.query(
    `update search_place set position = $1, walked_to = $2
     where (position, walked_to) is distinct from ($1::bigint, $2::uuid)`,
    [position, walkedTo],
  );
}
