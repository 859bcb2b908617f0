import { type Client, type Pool, toStorableJson } from "@segue/catalog-db";
import { readAskedName, readAskingTrack, readSortingId } from "@segue/contracts";
import { z } from "zod";
import { stuckChange } from "../changes/tell-changes.ts";
import { type OnTold, writeCatalog } from "../write-catalog.ts";

/** A track that has not come to an end, and of which nothing was heard for a while. */
export const QuietTrack = z.object({
  id: z.string(),
  owner: z.string(),
  /** Null until its source has been fetched. */
  master: z.string().nullable(),
  wants: z.array(z.string()),
  endedSteps: z.array(z.string()),
  /** Times that it was announced again since its last progress. */
  announcedAgain: z.int(),
});
export type QuietTrack = z.infer<typeof QuietTrack>;

/** Step to the time, in ISO's form, before which nobody tries it. */
export type PutOff = Readonly<Record<string, string>>;

/** What is kept of a track for whoever looks at it next. */
export interface PostponedTrack extends Pick<QuietTrack, "id" | "announcedAgain" | "endedSteps"> {
  readonly putOff?: PutOff;
}

/** How one is looked at next that was taken up again, or is called stuck. */
export interface NextTrackLook {
  readonly announcedAgain: number;
  readonly now: Date;
  readonly nextLookAt: Date;
  readonly stuck: string | null;
  /** Of steps that were not taken up. */
  readonly putOff?: PutOff;
}

export type EventKind = "found-in-storage" | "announced-again" | "stuck";

/**
 * Tracks to look at: those whose watch is due, and those that nobody has looked at yet, the longest accepted first. Both walk an index as far
 * as the limit: an open track has a watch, which the database sees to. What was heard of them, and what else looks after them, is told, not left out:
 * backfills that run do, where they have asked for all that a track waits for.
 */
const selectDue = `
with due as (
  (select track_id from track_watches where stuck is null and not is_new and next_look_at <= $2
    order by next_look_at limit $3)
  union all
  (select track_id from track_watches where stuck is null and is_new and next_look_at < $1
    order by next_look_at limit $3))
select t.id, t.owner, t.master, t.wants, o.ended as "endedSteps", t.state in ('accepted', 'processing') as "isOpen",
  exists (select from step_attempts a where a.track_id = t.id and a.finished_at >= $1)
    or exists (select from backfill_tracks b where b.track_id = t.id) and not exists (
      select from unnest(t.wants) want where want <> all(o.ended) and not exists (
        select from backfill_tracks b join backfills f on f.id = b.backfill_id
        where b.track_id = t.id and f.state = 'running' and b.runs ? want)) as "isHeardOf",
  case when cardinality(o.ended) > w.steps_ended then 0 else w.announced_again end as "announcedAgain",
  w.put_off as "putOff"
from due join tracks t on t.id = due.track_id
join track_watches w on w.track_id = t.id
cross join lateral (
  select coalesce(array_agg(step order by step), '{}') as ended from step_outcomes where track_id = t.id) o
order by t.id`;

const DueTrack = QuietTrack.extend({
  isOpen: z.boolean(),
  isHeardOf: z.boolean(),
  /** As it was known when it was looked at before. */
  putOff: z.record(z.string(), z.string()),
});
export type DueTrack = z.infer<typeof DueTrack>;

/** What was looked at while it came to its end. One that is opened again at this moment is waited for, and keeps its watch, or gets a new one. */
const forget = `
with ended as (
  select id from tracks where id = any($1::uuid[]) and state not in ('accepted', 'processing') order by id for share)
delete from track_watches where track_id in (select id from ended)`;

/** Looked at again later, unless another catalog was faster: many in one go. */
const postpone = `
insert into track_watches as w (track_id, announced_again, next_look_at, steps_ended, put_off)
select x.id, x."announcedAgain", $2, cardinality(x."endedSteps"), x."putOff"
from jsonb_to_recordset($1::jsonb) as x(id uuid, "announcedAgain" integer, "endedSteps" text[], "putOff" jsonb)
on conflict (track_id) do update set announced_again = excluded.announced_again,
  next_look_at = excluded.next_look_at, steps_ended = excluded.steps_ended, put_off = excluded.put_off, is_new = false
where w.next_look_at <= $3 and w.stuck is null`;

/** Of several catalogs that look at the same moment, one gets the track; none, where it has come to its end meanwhile. */
const claim = `
insert into track_watches as w (track_id, announced_again, next_look_at, steps_ended, stuck, put_off)
select id, $2, $3, $4, $5, $7 from tracks where id = $1 and state in ('accepted', 'processing')
on conflict (track_id) do update set announced_again = excluded.announced_again,
  next_look_at = excluded.next_look_at, steps_ended = excluded.steps_ended, stuck = excluded.stuck, put_off = excluded.put_off, is_new = false
where w.next_look_at <= $6 and w.stuck is null`;

/** What was said of a backfill after it was asked for is read each time: there is little of it. */
const selectUnknown = `
select g.name from jsonb_to_recordset($1::jsonb) as g(name text, what text, id uuid, track uuid)
where case g.what
  when 'track' then not exists (select from tracks t where t.id = g.id)
  when 'request' then not exists (
    select from requests r where r.request_id = g.id and r.track_id = g.track)
    and not exists (
      select from packed_tracks p where p.track_id = g.track and (g.id = g.track or g.id = any(p.request_ids)))
  when 'takedown' then g.name not like '%.ended.%' and not exists (select from takedowns d where d.id = g.id)
  else g.name not like '%.ended.%'
    and not (g.name like '%.requested.%' and exists (select from backfills b where b.id = g.id)) end`;

/**
 * Tracks that were called stuck, and have gone on since: somebody had them after all. They are looked after again, as if nothing had been. Those that have not are looked at
 * again later.
 */
const free = `
with due as (
  select track_id, steps_ended from track_watches where stuck is not null and next_look_at <= $1 order by next_look_at limit $3),
seen as (
  select d.track_id, (select count(*) from step_outcomes o where o.track_id = d.track_id) > d.steps_ended as goes_on from due d)
update track_watches w set next_look_at = case when s.goes_on then $1 else $2 end,
  stuck = case when s.goes_on then null else w.stuck end, announced_again = case when s.goes_on then 0 else w.announced_again end
from seen s where w.track_id = s.track_id and w.stuck is not null`;

/** So many objects are noted that could not be taken in; then sweeps wait for a release that can. */
const mostUnread = 100_000;

export interface Unread {
  readonly names: readonly string[];
  readonly now: Date;
  /** How many are noted at most, those from before included. */
  readonly most?: number;
}

/** In one: what is passed is noted, or it is not passed. */
const noteSwept = `
with unread as (
  select name from unnest($2::text[]) name where not exists (select from unread_objects u where u.name = name.name)),
room as (
  select not exists (select from unread)
    or (select count(*) from unread_objects) + (select count(*) from unread) <= $3::int as is_left),
noted as (
  insert into unread_objects select name, $4 from unread, room where is_left order by name on conflict do nothing)
insert into sweeps (swept_to) select least($1::timestamptz, now()) from room where is_left
on conflict (id) do update set swept_to = greatest(sweeps.swept_to, excluded.swept_to)`;

const Claimed = z.array(z.object({ owner: z.string(), state: z.string() }));

/** Tells of it as well, in the same transaction. */
function claimStuck(
  { pool, onTold }: { readonly pool: Pool; readonly onTold: OnTold | undefined },
  trackId: string,
  values: readonly unknown[],
): Promise<boolean> {
  const work = async (client: Client) => {
    const of = (column: string) => `(select ${column} from tracks where id = $1) as ${column}`;
    const { rows } = await client.query(`${claim} returning ${of("owner")}, ${of("state")}`, [...values]);
    const claimed = Claimed.parse(rows);
    const changes = claimed.map((track) => stuckChange(trackId, null, track));
    return { result: claimed.length === 1, changes };
  };
  return writeCatalog(pool, [trackId], work, { onTold });
}

export function createWatches(pool: Pool, onTold?: OnTold) {
  return { ...watchesOfTracks(pool, onTold), ...sweepsOf(pool) };
}
export type Watches = ReturnType<typeof createWatches>;

/** Who is looked at next, and what became of it. */
function watchesOfTracks(pool: Pool, onTold: OnTold | undefined) {
  return {
    /** At most `limit` that were looked at before, and as many others. */
    async findDue(now: Date, quietMs: number, limit: number): Promise<DueTrack[]> {
      const quietSince = new Date(now.getTime() - quietMs);
      const { rows } = await pool.query(selectDue, [quietSince, now, limit]);
      return z.array(DueTrack).parse(rows);
    },
    /** At most `limit` of those that were called stuck, and go on. */
    async freeThoseThatGoOn(now: Date, againMs: number, limit: number): Promise<void> {
      await pool.query(free, [now, new Date(now.getTime() + againMs), limit]);
    },
    /** Of tracks that have come to an end. */
    async forget(ids: readonly string[]): Promise<void> {
      if (ids.length > 0) await pool.query(forget, [ids]);
    },
    async postpone(tracks: readonly PostponedTrack[], now: Date, nextLookAt: Date): Promise<void> {
      if (tracks.length === 0) return;
      const picked = tracks.map(({ id, announcedAgain, endedSteps, putOff = {} }) => ({
        ...{ id, announcedAgain, endedSteps, putOff },
      }));
      await pool.query(postpone, [toStorableJson(picked), nextLookAt, now]);
    },
    /** Once the queue has its tasks: what an outage kept from being sent says nothing of a track. */
    async countAnnouncement(trackId: string): Promise<void> {
      await pool.query("update track_watches set announced_again = announced_again + 1 where track_id = $1", [
        trackId,
      ]);
    },
    /** Looks again later; false: another catalog was faster, or it has ended. */
    async claim(track: QuietTrack, next: NextTrackLook): Promise<boolean> {
      const { announcedAgain, now, nextLookAt, stuck, putOff = {} } = next;
      const values = [track.id, announcedAgain, nextLookAt, track.endedSteps.length, stuck, now, putOff];
      if (stuck === null) return (await pool.query(claim, values)).rowCount === 1;
      return await claimStuck({ pool, onTold }, track.id, values);
    },
    async addEvent(trackId: string, at: Date, kind: EventKind, detail: string): Promise<void> {
      await pool.query("insert into track_events values ($1, $2, $3, $4) on conflict do nothing", [
        trackId,
        at,
        kind,
        detail,
      ]);
    },
  };
}

/** What of storage the catalog has heard of. */
function sweepsOf(pool: Pool) {
  return {
    /** How far storage was gone through; undefined: never, as far as this database knows. */
    async readSweptTo(): Promise<Date | undefined> {
      const { rows } = await pool.query("select swept_to from sweeps");
      return z.array(z.object({ swept_to: z.date() })).parse(rows)[0]?.swept_to;
    },
    /**
     * Not past the database's own time: where the clock of one catalog was ahead, nobody would look again at what came meanwhile.
     *
     * @param unread what could not be taken in on the way there: it is looked at again. Where that is too much to be noted, nothing is: false.
     */
    async noteSweptTo(to: Date, { names, now, most = mostUnread }: Unread): Promise<boolean> {
      return (await pool.query(noteSwept, [to, names, most, now])).rowCount === 1;
    },
    /** Those of the objects that keep what was asked for which the catalog has not heard of, as far as their names tell. */
    async findUnknown(names: readonly string[]): Promise<string[]> {
      const given = names.map((name) => ({
        ...{ name, what: readAskedName(name), id: readSortingId(name), track: readAskingTrack(name) },
      }));
      const { rows } = await pool.query(selectUnknown, [toStorableJson(given)]);
      return z
        .array(z.object({ name: z.string() }))
        .parse(rows)
        .map(({ name }) => name);
    },
  };
}
