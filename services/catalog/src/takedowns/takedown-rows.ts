import type { Pool } from "@segue/catalog-db";
import { openEnum, takedownCauses, takedownPolicies, takedownStates } from "@segue/contracts";
import { z } from "zod";

/** A takedown that this process has for itself for a while. */
export const Takedown = z.object({
  id: z.string(),
  cause: openEnum(takedownCauses),
  owner: z.string(),
  tracks: z.array(z.string()),
  masters: z.array(z.string()),
  again: openEnum(takedownPolicies),
  requestedAt: z.date(),
  state: openEnum(takedownStates),
  sweeps: z.int(),
  foundAt: z.date().nullable(),
  objectsRemoved: z.coerce.number(),
  rowsRemoved: z.coerce.number(),
  /** By the database's clock. */
  now: z.date(),
});
export type Takedown = z.infer<typeof Takedown>;

/** A track that is gone, as far as it is still looked for. */
export const DeletedRow = z.object({
  id: z.string(),
  owner: z.string(),
  master: z.string().nullable(),
  requests: z.array(z.string()),
  addresses: z.array(z.string()),
  /** Whether its source was named, or may have been. */
  wasFetched: z.boolean(),
  isNews: z.boolean(),
  /** Messages. */
  heard: z.coerce.number(),
  heardAt: z.date().nullable(),
});
export type DeletedRow = z.infer<typeof DeletedRow>;

/** Longer than a sweep takes: whoever has not come back by then is gone. */
const leaseSec = 300;

/** Those whose time has come, and those of which something was heard. */
const claim = `
with due as (
  select id from takedowns t
  where due_at <= now() or (due_at is null or state in ('removed', 'final')) and exists (
    select from deleted_tracks d where d.takedown_id = t.id and d.is_news)
    and coalesce(t.swept_at < now() - make_interval(secs => $2::double precision / 1000), true)
  order by due_at nulls first limit $1 for update skip locked)
update takedowns t set due_at = now() + interval '${leaseSec} seconds' from due where t.id = due.id
returning t.id, t.cause, t.owner, t.tracks, t.masters, t.again, t.requested_at as "requestedAt", t.state, t.sweeps, t.found_at as "foundAt",
  t.objects_removed as "objectsRemoved", t.rows_removed as "rowsRemoved", now()`;

const selectDeleted = `
select id, owner, master, requests, addresses, was_fetched as "wasFetched", is_news as "isNews", heard, heard_at as "heardAt" from deleted_tracks where takedown_id = $1 order by id`;

/** What came since is still news. */
const noteSeen = `
update deleted_tracks d set is_news = false from jsonb_to_recordset($1::jsonb) as x(id uuid, heard bigint)
where d.id = x.id and d.is_news and d.heard = x.heard`;

const noteSweep = `
update takedowns set state = $2, due_at = $3, sweeps = sweeps + 1, swept_at = now(),
  found_at = case when $4::bigint + $5::bigint > 0 then now() else found_at end,
  objects_removed = objects_removed + $4::bigint, rows_removed = rows_removed + $5::bigint where id = $1`;

const putOff =
  "update takedowns set due_at = now() + make_interval(secs => $2::double precision / 1000) where id = $1";

const selectNext = `
select (select (extract(epoch from min(due_at) - now()) * 1000)::float8 from takedowns where due_at is not null) as "inMs",
  exists (select from deleted_tracks where is_news) as "isNews"`;
/**
 * By how much the latest are later than they would be where nothing had come since: after the grace for the first receipt, after the queue's memory for the second. As
 * `judgeSweep` reckons.
 */
const selectOverdue = `
select coalesce(max(extract(epoch from now() - requested_at) * 1000 - $1) filter (where state in ('asked', 'removing')), 0)::float8 as "removedMs",
  coalesce(max(extract(epoch from now() - greatest(requested_at, found_at, heard_at)) * 1000 - $2) filter (where state = 'removed'), 0)::float8 as "finalMs"
from takedowns t left join lateral (select max(heard_at) as heard_at from deleted_tracks where takedown_id = t.id) d on t.state = 'removed'
where due_at is not null and requested_at < now() - make_interval(secs => case state when 'removed' then $2 else $1 end::double precision / 1000)`;
const Overdue = z.tuple([z.object({ removedMs: z.number(), finalMs: z.number() })]);
interface Paces {
  readonly graceMs: number;
  readonly horizonMs: number;
}
/** In ms, 0 or more. */
export type OverdueTakedowns = z.infer<typeof Overdue>[0];

const Next = z.tuple([z.object({ inMs: z.number().nullable(), isNews: z.boolean() })]);

export function createTakedownRows(pool: Pool) {
  return {
    /** @param pauseMs between two sweeps of one of which messages come. */
    async claim(limit: number, pauseMs: number): Promise<Takedown[]> {
      return z.array(Takedown).parse((await pool.query(claim, [limit, pauseMs])).rows);
    },
    async readDeleted(takedownId: string): Promise<DeletedRow[]> {
      return z.array(DeletedRow).parse((await pool.query(selectDeleted, [takedownId])).rows);
    },
    /** Before it is looked for. */
    async noteSeen(rows: readonly DeletedRow[]): Promise<void> {
      const seen = rows.filter(({ isNews }) => isNews).map(({ id, heard }) => ({ id, heard }));
      if (seen.length > 0) await pool.query(noteSeen, [JSON.stringify(seen)]);
    },
    async noteSweep(
      id: string,
      next: {
        readonly state: Takedown["state"];
        readonly dueAt: Date | null;
        readonly objects: number;
        readonly rows: number;
      },
    ): Promise<void> {
      await pool.query(noteSweep, [id, next.state, next.dueAt, next.objects, next.rows]);
    },
    /** @returns in how many ms one is due; null: none is waited for. */
    async readNext(): Promise<{ inMs: number | null; isNews: boolean }> {
      return Next.parse((await pool.query(selectNext)).rows)[0];
    },
    /** How late those are that are not done, by paces of the sweeps. */
    async readOverdue({ graceMs, horizonMs }: Paces): Promise<OverdueTakedowns> {
      const [late] = Overdue.parse((await pool.query(selectOverdue, [graceMs, horizonMs])).rows);
      return { removedMs: Math.max(0, late.removedMs), finalMs: Math.max(0, late.finalMs) };
    },
    /** It is gone on with later, as it is. */
    async putOff(id: string, forMs: number): Promise<void> {
      await pool.query(putOff, [id, forMs]);
    },
    /** A cancellation that came too late. */
    async decline(id: string): Promise<void> {
      await pool.query("update takedowns set state = 'declined', due_at = null where id = $1", [id]);
    },
  };
}
export type TakedownRows = ReturnType<typeof createTakedownRows>;
