/**
 * Deliveries as those see them who send them. Several may, each what no other has at this moment; whoever is killed leaves nothing but a time at which what it had is
 * due again, under the same id.
 *
 *   change --- its webhook's turn ---> waiting --- sent, taken ---> delivered
 *                                       ^  |
 *                    later, or replayed |  '--- not taken for a day ---> failed
 *                                       '--'
 */
import { z } from "zod";
import type { Client, Pool } from "../connect.ts";
import { inTransaction } from "../transaction.ts";
import { lockWebhook, setFirstOfTracks } from "./in-order.ts";

/** Webhooks whose turn comes in one transaction; of each, changes that are looked at. */
const hooksAtOnce = 100;
const changesAtOnce = 500;
/** Of one webhook; what is behind them stays in the feed, and its place there with it. */
const mostWaiting = 10_000;
/** Longer than the longest pause between two attempts: a webhook that has failed nothing for so long was sent nothing. */
const quietSec = 3 * 3_600;
/** Longer than an attempt takes: whoever has not told by then is gone. */
export const leaseSec = 60;
const limits = { statementMs: 10_000 };
/** Tables of a row or a few are never analysed: by what the planner takes them for, compiling would pay, and it takes seconds. */
const uncompiled = { begin: "set local jit = off" };

const isOn = "w.active and w.disabled is null";

/** Those that are furthest behind come first; others' turn is theirs. */
const lockBehind = `
select w.id from webhooks w, (
  select f.epoch, greatest(f.gone_through, coalesce((select max(number) from changes), 0)) as last from change_feed f) feed
where ${isOn} and (w.position <> feed.last or w.epoch <> feed.epoch) and (
  select count(*) from (
    select from webhook_deliveries d where d.webhook_id = w.id and d.state = 'waiting' limit ${mostWaiting}) d) < ${mostWaiting}
order by w.position, w.id limit ${hooksAtOnce} for update of w skip locked`;

/** Of its owner's tracks alone. Of a feed that was begun anew what follows, and of one that has gone further what is kept: that there is a gap is noted. */
const fanOut = `
with feed as (
  select f.epoch, f.gone_through, greatest(f.gone_through, coalesce((select max(number) from changes), 0)) as last from change_feed f),
hook as (
  select w.id, w.owner as hook_owner, w.types, w.gap_at,
    w.epoch <> feed.epoch or w.position > feed.last or w.position < feed.gone_through as is_gap,
    case when w.epoch <> feed.epoch or w.position > feed.last then feed.last else greatest(w.position, feed.gone_through) end as since
  from webhooks w, feed where w.id = any($1::uuid[])),
page as (
  select h.id as webhook_id, h.hook_owner, h.types, c.* from hook h cross join lateral (
    select * from changes where number > h.since order by number limit ${changesAtOnce}) c),
moved as (
  update webhooks w set epoch = feed.epoch, gap_at = case when h.is_gap then now() else w.gap_at end,
    position = coalesce((select max(p.number) from page p where p.webhook_id = w.id), h.since)
  from hook h, feed where w.id = h.id),
made as (
  insert into webhook_deliveries (webhook_id, track_id, type, body)
  select p.webhook_id, p.track_id, p.type, json_build_object(
    'cursor', rtrim(translate(encode(convert_to(feed.epoch || '.' || p.number, 'UTF8'), 'base64'), '+/', '-_'), '='),
    'type', p.type, 'trackId', p.track_id, 'requestId', p.request_id,
    'at', to_char(p.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'state', p.state, 'step', p.step, 'code', p.code)::text
  from page p, feed where p.type = any(p.types) and p.owner = p.hook_owner order by p.number
  returning webhook_id, track_id)
select exists (select from page group by webhook_id having count(*) = ${changesAtOnce}) as "isMore",
  (select coalesce(jsonb_agg(distinct jsonb_build_object('webhookId', webhook_id, 'trackId', track_id)), '[]') from made) as tracks`;

const FannedOut = z.array(
  z.object({
    isMore: z.boolean(),
    tracks: z.array(z.object({ webhookId: z.string(), trackId: z.string() })),
  }),
);

/**
 * Of each webhook as many as it has room for, those that wait longest; of one that takes nothing, one. Where there is room for some of them only, it goes first to owners
 * that have the fewest under way, and among an owner's to webhooks that have: receivers that are slow take no more than their share, however many they are.
 */
const claim = `
with hooks as (
  select w.id, w.owner, w.failing_since, coalesce(($2::jsonb ->> w.id::text)::int, 0) as under_way from webhooks w where ${isOn}),
due as materialized (
  select d.id, d.next_at, w.id as webhook_id, w.owner, w.under_way from hooks w cross join lateral (
    select d.id, d.next_at from webhook_deliveries d
    where d.webhook_id = w.id and d.state = 'waiting' and d.next_at <= now()
    order by d.next_at
    limit greatest(0, case when w.failing_since is null then $1::int else 1 end - w.under_way)
    for update of d skip locked) d),
of_hooks as (
  select id, owner, next_at, under_way + row_number() over (partition by webhook_id order by next_at) as turn from due),
of_owners as (
  select d.id, d.next_at, row_number() over (partition by d.owner order by d.turn, d.next_at) + coalesce(o.under_way, 0) as turn
  from of_hooks d left join (select owner, sum(under_way) as under_way from hooks group by owner) o on o.owner = d.owner),
picked as (select id from of_owners order by turn, next_at limit $3)
update webhook_deliveries d set next_at = now() + interval '${leaseSec} seconds', claimed = true
from picked, webhooks w where d.id = picked.id and w.id = d.webhook_id
returning d.id, d.webhook_id as "webhookId", d.track_id as "trackId", w.url, w.generation, d.body, d.attempts,
  (extract(epoch from now() - d.waiting_since) * 1000)::float8 as "waitedMs",
  case when w.failed_at > now() - interval '${quietSec} seconds' then
    (extract(epoch from now() - w.failing_since) * 1000)::float8 end as "failingMs",
  array(select s.secret from webhook_secrets s
    where s.webhook_id = w.id and coalesce(s.expires_at > now(), true) order by s.created_at desc) as secrets`;

const Claimed = z.object({
  ...{
    id: z.string(),
    webhookId: z.string(),
    trackId: z.string().nullable(),
    url: z.string(),
    body: z.string(),
  },
  /** Of its webhook, as it is sent. */
  generation: z.int(),
  /** Before this one. */
  attempts: z.int(),
  /** Since it was made, or replayed. */
  waitedMs: z.number(),
  /** How long its webhook has taken nothing; null: it takes what comes. */
  failingMs: z.number().nullable(),
  /** The newest first. */
  secrets: z.array(z.string()),
});
export type ClaimedDelivery = z.infer<typeof Claimed>;

/** What came of sending a delivery once. */
export interface SentOnce {
  /** Of the answer; null: there was none. */
  readonly status: number | null;
  readonly latencyMs: number;
  /** How the answer begins, or why there was none. */
  readonly answer: string;
}

/** What becomes of it. */
export interface DeliveryVerdict {
  readonly state: "delivered" | "waiting" | "failed";
  /** While it waits. */
  readonly retryMs: number;
  /** Why nothing more is sent to its webhook; null: more is. */
  readonly disabled: string | null;
}

/** Whoever comes late, when another has sent it too, changes nothing. */
const settle = `
update webhook_deliveries set state = $3, claimed = false, attempts = attempts + 1, last_at = now(), last_status = $4, last_latency_ms = $5, last_answer = $6,
  next_at = case when $3 = 'waiting' then now() + make_interval(secs => $7::double precision / 1000) end
where id = $1 and attempts = $2 and state = 'waiting'`;
const settleWebhook = `
update webhooks set disabled = coalesce(disabled, $3), failed_at = case when $2 then null else now() end,
  failing_since = case when $2 then null when failed_at > now() - interval '${quietSec} seconds' then failing_since else now() end
where id = $1 and not ($2 and failing_since is null)`;
/** Of what has begun anew. */
const tryAnew = { state: "waiting", retryMs: 0, disabled: null } as const satisfies DeliveryVerdict;

const release = `
update webhook_deliveries set next_at = now(), claimed = false where id = $1 and attempts = $2 and state = 'waiting' and next_at is not null`;

const selectDue = `
select exists (select from webhooks w where ${isOn}) as "areAny", (
  select (extract(epoch from min(d.next_at) - now()) * 1000)::float8 from webhooks w cross join lateral (
    select next_at from webhook_deliveries where webhook_id = w.id and state = 'waiting' and next_at is not null order by next_at limit 1) d
  where ${isOn}) as "inMs", (
  select (extract(epoch from now() - min(d.created_at)) * 1000)::float8 from webhooks w cross join lateral (
    select created_at from webhook_deliveries where webhook_id = w.id and state = 'waiting' order by created_at limit 1) d
  where ${isOn}) as "oldestMs"`;
const Due = z.object({
  /** Whether there are webhooks that something is sent to. */
  areAny: z.boolean(),
  /** In how many ms something is due; null: nothing waits. */
  inMs: z.number().nullable(),
  /** How long the oldest delivery waits; null: none does. */
  oldestMs: z.number().nullable(),
});
export type DeliveriesDue = z.infer<typeof Due>;

/** Deleted in one go. */
const forgottenAtOnce = 5_000;
/** What still waits belongs to webhooks that nothing is sent to: they have a gap then. */
const forget = `
with old as (
  select id from webhook_deliveries where created_at < now() - make_interval(secs => $1::double precision / 1000)
  order by created_at limit ${forgottenAtOnce}),
gone as (delete from webhook_deliveries d using old where d.id = old.id returning d.webhook_id, d.track_id, d.state),
noted as (update webhooks set gap_at = now() where id in (select webhook_id from gone where state = 'waiting'))
select (select count(*)::int from gone) as count, coalesce((
  select jsonb_agg(distinct jsonb_build_object('webhookId', webhook_id, 'trackId', track_id)) from gone
  where state = 'waiting' and track_id is not null), '[]') as tracks`;
const Forgotten = z.array(FannedOut.element.pick({ tracks: true }).extend({ count: z.int() }));

/** @returns whether there is more. */
async function fanOutWith(client: Client): Promise<boolean> {
  const { rows } = await client.query(lockBehind);
  const ids = z
    .array(z.object({ id: z.string() }))
    .parse(rows)
    .map(({ id }) => id);
  if (ids.length === 0) return false;
  const [made] = FannedOut.parse((await client.query(fanOut, [ids])).rows);
  await setFirstOfTracks(client, made?.tracks ?? []);
  return made?.isMore === true || ids.length === hooksAtOnce;
}

export function createDeliveryQueue(pool: Pool) {
  return {
    /** Makes deliveries of what has happened. @returns whether there is more. */
    async fanOut(): Promise<boolean> {
      return inTransaction(pool, limits, fanOutWith, uncompiled);
    },
    /** @param room for one webhook. @param underWay here, by webhook. @param most of all. */
    async claim(
      room: number,
      underWay: ReadonlyMap<string, number>,
      most: number,
    ): Promise<ClaimedDelivery[]> {
      const values = [room, JSON.stringify(Object.fromEntries(underWay)), most];
      const asked = (client: Client) => client.query(claim, values);
      return z.array(Claimed).parse((await inTransaction(pool, limits, asked, uncompiled)).rows);
    },
    /** @returns the verdict that holds: one on what its webhook was before it began anew is none, unless it was taken. */
    async settle(
      delivery: ClaimedDelivery,
      sent: SentOnce,
      verdict: DeliveryVerdict,
    ): Promise<DeliveryVerdict> {
      const { id, webhookId, trackId, attempts } = delivery;
      return inTransaction(pool, limits, async (client) => {
        const generation = await lockWebhook(client, webhookId);
        const isTaken = verdict.state === "delivered";
        const isOfNow = isTaken || generation === delivery.generation;
        const { state, retryMs, disabled } = isOfNow ? verdict : tryAnew;
        const values = [id, attempts, state, sent.status, sent.latencyMs, sent.answer, retryMs];
        const { rowCount } = await client.query(settle, values);
        if (isOfNow) await client.query(settleWebhook, [webhookId, isTaken, disabled]);
        if (rowCount === 1 && trackId !== null) await setFirstOfTracks(client, [{ webhookId, trackId }]);
        return { state, retryMs, disabled };
      });
    },
    /** Nobody has it any more, and nobody knows whether it was taken. */
    async release({ id, attempts }: ClaimedDelivery): Promise<void> {
      await pool.query(release, [id, attempts]);
    },
    async readDue(): Promise<DeliveriesDue> {
      const { rows } = await pool.query(selectDue);
      return z.array(Due).parse(rows)[0] ?? { areAny: false, inMs: null, oldestMs: null };
    },
    /** Those that were made so long ago. @returns whether there may be more. */
    async forget(keepMs: number): Promise<boolean> {
      return inTransaction(pool, limits, async (client) => {
        const [gone] = Forgotten.parse((await client.query(forget, [keepMs])).rows);
        await setFirstOfTracks(client, gone?.tracks ?? []);
        return gone?.count === forgottenAtOnce;
      });
    },
  };
}
export type DeliveryQueue = ReturnType<typeof createDeliveryQueue>;
