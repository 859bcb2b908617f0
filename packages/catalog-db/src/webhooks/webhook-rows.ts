import { openEnum, WebhookResource } from "@segue/contracts";
import { z } from "zod";
import type { Client, Pool } from "../connect.ts";
import { inTransaction } from "../transaction.ts";

const instant = z.date().transform((date) => date.toISOString());
const limits = { statementMs: 5_000 };
/** More are not counted. */
const mostCounted = 10_000;

const Row = z.object({
  ...{ id: z.string(), url: z.string(), types: WebhookResource.shape.types, description: z.string() },
  state: openEnum(["active", "paused", "disabled"]),
  disabledReason: z.string().nullable(),
  ...{ createdAt: instant, failingSince: instant.nullable(), gapAt: instant.nullable() },
  ...{ waiting: z.int(), oldestWaitingAt: instant.nullable() },
  secrets: z.array(
    z.object({
      createdAt: z.coerce.date().transform((date) => date.toISOString()),
      expiresAt: z.coerce
        .date()
        .transform((date) => date.toISOString())
        .nullable(),
    }),
  ),
});

/** Whose webhook, and which. */
export interface WebhookRef {
  readonly owner: string;
  readonly id: string;
}

export interface NewWebhook extends WebhookRef {
  readonly url: string;
  readonly types: readonly string[];
  readonly description: string;
  readonly active: boolean;
  readonly secret: string;
}

/** What is undefined stays. */
export type WebhookChange = {
  readonly [K in "url" | "types" | "description" | "active"]?: NewWebhook[K] | undefined;
};

const select = `
select w.id, w.url, w.types, w.description, w.disabled as "disabledReason", w.created_at as "createdAt",
  case when w.disabled is not null then 'disabled' when w.active then 'active' else 'paused' end as state,
  w.failing_since as "failingSince", w.gap_at as "gapAt",
  (select count(*)::int from (
    select from webhook_deliveries d where d.webhook_id = w.id and d.state = 'waiting' limit ${mostCounted}) d) as waiting,
  (select min(created_at) from webhook_deliveries d where d.webhook_id = w.id and d.state = 'waiting') as "oldestWaitingAt",
  (select coalesce(json_agg(json_build_object('createdAt', s.created_at, 'expiresAt', s.expires_at) order by s.created_at desc), '[]')
    from webhook_secrets s where s.webhook_id = w.id and coalesce(s.expires_at > now(), true)) as secrets
from webhooks w`;

/** It begins where the feed is now. */
const insert = `
with made as (
  insert into webhooks (id, owner, url, types, description, active, position, epoch)
  select $1, $2, $3, $4, $5, $6, greatest(f.gone_through, (select max(number) from changes)), f.epoch from change_feed f
  where (select count(*) from webhooks w where w.owner = $2) < $7
  returning id)
insert into webhook_secrets (webhook_id, secret) select id, $8 from made`;

/**
 * Whoever says that it is active has it tried again with all that waits, for as long as if it had been made now. What is being sent to it at this moment was sent to what it
 * was: if it is not taken, that is no verdict on what it is.
 */
const update = `
update webhooks set generation = generation + case when $6 or $3 <> url then 1 else 0 end, url = coalesce($3, url), types = coalesce($4, types), description = coalesce($5, description),
  active = coalesce($6, active), disabled = case when $6 then null else disabled end,
  failing_since = case when $6 then null else failing_since end
where owner = $1 and id = $2`;
const tryAgain = `
update webhook_deliveries set waiting_since = now(),
  next_at = case when next_at is not null and not (claimed and next_at > now()) then now() else next_at end
where webhook_id = $1 and state = 'waiting'`;

/** One that is over already is left as it is. */
const expireSecrets = `
update webhook_secrets set expires_at = now() + make_interval(secs => $2)
where webhook_id = $1 and coalesce(expires_at > now() + make_interval(secs => $2), true)`;

/** That sign still, the moment that this is asked. */
const countSecrets = `
select count(*)::int as count from webhook_secrets where webhook_id = $1 and coalesce(expires_at > now(), true)`;
const Counted = z.tuple([z.object({ count: z.int() })]);

export interface Rotation {
  readonly secret: string;
  /** How long those before sign still. */
  readonly overlapSec: number;
  /** That sign at once. */
  readonly most: number;
}

export type Rotated =
  | { readonly isMade: true; readonly previousExpiresAt: string }
  | { readonly isMade: false };

export type StoredWebhook = z.output<typeof Row>;

/** Webhooks as those see them who have made them: of one owner, and no other's. */
export function createWebhookRows(pool: Pool) {
  const find = async ({ owner, id }: WebhookRef) => {
    const { rows } = await pool.query(`${select} where w.owner = $1 and w.id = $2`, [owner, id]);
    return z.array(Row).parse(rows)[0];
  };
  const has = async (client: Client, { owner, id }: WebhookRef) =>
    (await client.query("select from webhooks where owner = $1 and id = $2 for update", [owner, id]))
      .rowCount === 1;
  return {
    /** Undefined: its owner has as many as may be. The same again changes nothing. */
    async create(webhook: NewWebhook, most: number): Promise<StoredWebhook | undefined> {
      const { id, owner, url, types, description, active, secret } = webhook;
      await pool.query(insert, [id, owner, url, types, description, active, most, secret]);
      return find(webhook);
    },
    /** The oldest first. */
    async list(owner: string): Promise<StoredWebhook[]> {
      const { rows } = await pool.query(`${select} where w.owner = $1 order by w.id`, [owner]);
      return z.array(Row).parse(rows);
    },
    find,
    /** Undefined: there is none. */
    async change(
      ref: WebhookRef,
      { url, types, description, active }: WebhookChange,
    ): Promise<StoredWebhook | undefined> {
      await inTransaction(pool, limits, async (client) => {
        const values = [ref.owner, ref.id, url, types, description, active];
        const { rowCount } = await client.query(
          update,
          values.map((value) => value ?? null),
        );
        if (rowCount === 1 && active) await client.query(tryAgain, [ref.id]);
      });
      return find(ref);
    },
    /** With all that was to be sent to it. @returns whether it was there. */
    async remove({ owner, id }: WebhookRef): Promise<boolean> {
      const { rowCount } = await pool.query("delete from webhooks where owner = $1 and id = $2", [owner, id]);
      return rowCount === 1;
    },
    /** A new secret beside those before, which sign for so long still, where there are fewer than `most`. @returns until when; undefined: there is no such webhook. */
    async rotate(ref: WebhookRef, { secret, overlapSec, most }: Rotation): Promise<Rotated | undefined> {
      return inTransaction(pool, limits, async (client) => {
        if (!(await has(client, ref))) return undefined;
        await client.query(expireSecrets, [ref.id, overlapSec]);
        const { rows: left } = await client.query(countSecrets, [ref.id]);
        if (Counted.parse(left)[0].count >= most) return { isMade: false };
        await client.query("insert into webhook_secrets (webhook_id, secret) values ($1, $2)", [
          ref.id,
          secret,
        ]);
        await client.query(
          "delete from webhook_secrets where webhook_id = $1 and expires_at < now() - interval '1 day'",
          [ref.id],
        );
        const { rows } = await client.query("select now() + make_interval(secs => $1) as at", [overlapSec]);
        const [until] = z.tuple([z.object({ at: instant })]).parse(rows);
        return { isMade: true, previousExpiresAt: until.at };
      });
    },
  };
}

export type WebhookRows = ReturnType<typeof createWebhookRows>;
