import { type DeliveryQuery, maxReplayed, WebhookDelivery } from "@segue/contracts";
import { z } from "zod";
import type { Client, Pool } from "../connect.ts";
import { inTransaction } from "../transaction.ts";
import { lockWebhook, setFirstOfTracks } from "./in-order.ts";

const instant = z.date().transform((date) => date.toISOString());
const limits = { statementMs: 10_000 };

const Row = z
  .object({
    ...{ id: z.string(), seq: z.coerce.number(), type: WebhookDelivery.shape.type },
    ...{ trackId: z.string().nullable(), state: WebhookDelivery.shape.state, createdAt: instant },
    ...{ attempts: z.int(), nextAttemptAt: instant.nullable(), at: instant.nullable() },
    ...{ status: z.int().nullable(), latencyMs: z.int().nullable(), answer: z.string().nullable() },
  })
  .transform(({ at, status, latencyMs, answer, ...row }) => ({
    ...row,
    lastAttempt: at === null ? null : { at, status, latencyMs: latencyMs ?? 0, answer: answer ?? "" },
  }));
/** A delivery as its log has it; `seq` tells the order. */
export type LoggedDelivery = z.output<typeof Row>;

const list = (ofState: string) => `
select d.id, d.seq, d.type, d.track_id as "trackId", d.state, d.created_at as "createdAt", d.attempts,
  case when d.state = 'waiting' then d.next_at end as "nextAttemptAt", d.last_at as at, d.last_status as status,
  d.last_latency_ms as "latencyMs", d.last_answer as answer
from webhook_deliveries d where d.webhook_id = $1 and d.seq < $2 ${ofState} order by d.seq desc limit $3`;

/** It has a day again. */
const again =
  "state = 'waiting', waiting_since = now(), next_at = case when track_id is null then now() end, attempts = 0";
const replayOne = `
update webhook_deliveries set ${again} where webhook_id = $1 and id = $2 and state <> 'waiting' returning track_id as "trackId"`;
const replaySince = `
with due as (
  select id from webhook_deliveries where webhook_id = $1 and state = any($2) and created_at >= $3 order by seq limit ${maxReplayed})
update webhook_deliveries d set ${again} from due where d.id = due.id returning d.track_id as "trackId"`;

/** What waits is counted by an index. */
const add = `
insert into webhook_deliveries (id, webhook_id, type, body, next_at)
select $1, $2, $3, $4, now() where $5 > (
  select count(*) from webhook_deliveries where webhook_id = $2 and track_id is null and state = 'waiting')`;

export interface OwnDelivery {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  /** That wait for the same webhook. */
  readonly most: number;
}

const Replayed = z.array(z.object({ trackId: z.string().nullable() }));

/** What was sent to webhooks, and is to be sent. Whoever asks has made sure whose webhook it is. */
export function createDeliveryLog(pool: Pool) {
  const replay = (webhookId: string, update: (client: Client) => Promise<{ rows: unknown[] }>) =>
    inTransaction(pool, limits, async (client) => {
      await lockWebhook(client, webhookId);
      const replayed = Replayed.parse((await update(client)).rows);
      const tracks = new Set(replayed.flatMap(({ trackId }) => trackId ?? []));
      await setFirstOfTracks(
        client,
        [...tracks].map((trackId) => ({ webhookId, trackId })),
      );
      return replayed.length;
    });
  return {
    /** The newest first; one more than a page has. */
    async list(webhookId: string, { state, cursor, limit }: DeliveryQuery): Promise<LoggedDelivery[]> {
      const values = [webhookId, cursor ?? Number.MAX_SAFE_INTEGER, limit + 1];
      const { rows } = await (state === undefined
        ? pool.query(list(""), values)
        : pool.query(list("and d.state = $4"), [...values, state]));
      return z.array(Row).parse(rows);
    },
    /** What is no change, and so of no track. @returns whether there are fewer of that kind that wait than `most`, and it is one of them. */
    async add(webhookId: string, { id, type, body, most }: OwnDelivery): Promise<boolean> {
      const { rowCount } = await pool.query(add, [id, webhookId, type, body, most]);
      return rowCount === 1;
    },
    async has(webhookId: string, id: string): Promise<boolean> {
      const found = "select from webhook_deliveries where webhook_id = $1 and id = $2";
      return (await pool.query(found, [webhookId, id])).rowCount === 1;
    },
    /** Sent again, with what was held back behind it in its order; one that waits is left to its time. */
    async replay(webhookId: string, id: string): Promise<void> {
      await replay(webhookId, (client) => client.query(replayOne, [webhookId, id]));
    },
    /** @returns how many, `maxReplayed` at most. */
    async replaySince(webhookId: string, since: string, states: readonly string[]): Promise<number> {
      return replay(webhookId, (client) => client.query(replaySince, [webhookId, states, since]));
    },
  };
}

export type DeliveryLog = ReturnType<typeof createDeliveryLog>;
