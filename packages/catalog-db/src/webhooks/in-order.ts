/**
 * Deliveries of a track are sent one after the other: the first that waits has a time at which it is due, those behind it have none. Whoever changes which one is the
 * first has the webhook's row for itself, in a statement before, so that what it sees is what the others before it have left.
 */
import { z } from "zod";
import type { Client } from "../connect.ts";

/** A track, of those that a webhook is sent. */
export interface SentTrack {
  readonly webhookId: string;
  readonly trackId: string;
}

const setFirst = `
with first as (
  select p."webhookId" as webhook_id, p."trackId" as track_id, (
    select min(seq) from webhook_deliveries w where w.webhook_id = p."webhookId" and w.track_id = p."trackId" and w.state = 'waiting') as seq
  from jsonb_to_recordset($1::jsonb) as p("webhookId" uuid, "trackId" uuid))
update webhook_deliveries d set next_at = case when d.seq = f.seq then coalesce(d.next_at, now()) end
from first f
where d.webhook_id = f.webhook_id and d.track_id = f.track_id and d.state = 'waiting' and (d.seq = f.seq) <> (d.next_at is not null)`;

const Locked = z.array(z.object({ generation: z.int() }));

/** For so long: until the transaction ends. @returns how often it has begun anew; undefined: it is gone. */
export async function lockWebhook(client: Client, webhookId: string): Promise<number | undefined> {
  const { rows } = await client.query("select generation from webhooks where id = $1 for update", [
    webhookId,
  ]);
  return Locked.parse(rows)[0]?.generation;
}

/** After what waits of these tracks has changed. */
export async function setFirstOfTracks(client: Client, tracks: readonly SentTrack[]): Promise<void> {
  if (tracks.length > 0) await client.query(setFirst, [JSON.stringify(tracks)]);
}
