import type { ChangeType } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "../connect.ts";
import { inTransaction } from "../transaction.ts";
import { setFirstOfTracks } from "./in-order.ts";

const limits = { statementMs: 10_000 };
/** The one that is still to be told of. */
const told: ChangeType = "track.deleted";

/** In a statement of its own, before: what is first of a track changes. */
const lockWebhooks = `
select id from webhooks where id in (select webhook_id from webhook_deliveries where track_id = any($1::uuid[])) order by id for update`;
const forget = `
with gone as (
  delete from webhook_deliveries where track_id = any($1::uuid[]) and type <> '${told}' returning webhook_id, track_id)
select count(*)::int as count, coalesce(
  jsonb_agg(distinct jsonb_build_object('webhookId', webhook_id, 'trackId', track_id)), '[]') as tracks from gone`;

const Forgotten = z.tuple([
  z.object({
    count: z.int(),
    tracks: z.array(z.object({ webhookId: z.string(), trackId: z.string() })),
  }),
]);

/** What was sent to webhooks of tracks that were deleted, or was to be, but that they were. @returns how many there were. */
export function forgetDeliveries(pool: Pool, trackIds: readonly string[]): Promise<number> {
  return inTransaction(pool, limits, async (client) => {
    const { rows } = await client.query(lockWebhooks, [trackIds]);
    if (rows.length === 0) return 0;
    const [{ count, tracks }] = Forgotten.parse((await client.query(forget, [trackIds])).rows);
    await setFirstOfTracks(client, tracks);
    return count;
  });
}
