import type { Client, Pool } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { z } from "zod";
import { refreshTracks } from "../apply-facts.ts";
import { stuckChange } from "../changes/tell-changes.ts";
import type { Spent } from "../spent-intermediates.ts";
import { type OnTold, writeCatalog } from "../write-catalog.ts";

/** A replay that not every step has answered. */
export const QuietReplay = z.object({
  trackId: z.string(),
  requestId: z.string(),
  master: z.string().nullable(),
  wants: z.array(z.string()),
  endedSteps: z.array(z.string()),
  announcedAgain: z.int(),
  /** Something of its track has ended of late. */
  isHeardOf: z.boolean(),
});
export type QuietReplay = z.infer<typeof QuietReplay>;

/** Workers' clocks may be behind ours by a second. A forced step that was skipped was skipped for somebody else. */
const selectDue = `
select w.track_id as "trackId", w.request_id as "requestId", t.master, r.wants, w.announced_again as "announcedAgain",
  exists (select from step_attempts a where a.track_id = t.id and a.finished_at >= $2) as "isHeardOf",
  array(select distinct a.step from step_attempts a
    where a.track_id = t.id and a.started_at >= r.requested_at - interval '1 second'
      and (a.step <> all(r.force) or a.how is distinct from 'skipped')) as "endedSteps"
from replay_watches w
join requests r on r.track_id = w.track_id and r.request_id = w.request_id
join tracks t on t.id = w.track_id
where w.stuck is null and w.next_look_at <= $1 and r.requested_at < $2
order by w.next_look_at limit $3`;

const postpone = `
update replay_watches w set next_look_at = $2 from jsonb_to_recordset($1::jsonb) as x("trackId" uuid, "requestId" uuid)
where w.track_id = x."trackId" and w.request_id = x."requestId" and w.next_look_at <= $3 and w.stuck is null`;

export interface NextLook {
  readonly announcedAgain: number;
  readonly now: Date;
  readonly nextLookAt: Date;
  /** Why nothing more is tried. */
  readonly stuck: string | null;
}

export interface ReplayListeners {
  /** Hears of intermediates that nobody needs any more once one is given up. */
  readonly onSpent?: ((spent: readonly Spent[]) => void) | undefined;
  readonly onTold?: OnTold | undefined;
}

/** Replays to look at: what is open of them does not show in the state of their tracks. */
export function createReplayWatches(
  pool: Pool,
  chain: Chain<StepSpec>,
  { onSpent, onTold }: ReplayListeners = {},
) {
  return {
    async findDue(now: Date, quietMs: number, limit: number): Promise<QuietReplay[]> {
      const quietSince = new Date(now.getTime() - quietMs);
      const { rows } = await pool.query(selectDue, [now, quietSince, limit]);
      return z.array(QuietReplay).parse(rows);
    },
    /** Once the queue has its tasks: what an outage kept from being sent says nothing of a replay. */
    async countAnnouncement({ trackId, requestId }: QuietReplay): Promise<void> {
      await pool.query(
        `update replay_watches set announced_again = announced_again + 1
         where track_id = $1 and request_id = $2`,
        [trackId, requestId],
      );
    },
    /** Looked at again later, unless another catalog was faster: many in one go. */
    async postpone(replays: readonly QuietReplay[], now: Date, nextLookAt: Date): Promise<void> {
      if (replays.length === 0) return;
      const picked = replays.map(({ trackId, requestId }) => ({ trackId, requestId }));
      await pool.query(postpone, [JSON.stringify(picked), nextLookAt, now]);
    },
    /** Looks again later; false: another catalog was faster. */
    async claim({ trackId, requestId }: QuietReplay, next: NextLook): Promise<boolean> {
      const { announcedAgain, now, nextLookAt, stuck } = next;
      let spent: readonly Spent[] = [];
      const work = async (client: Client) => {
        const { rowCount } = await client.query(
          `update replay_watches set announced_again = $3, next_look_at = $4, stuck = $5
           where track_id = $1 and request_id = $2 and next_look_at <= $6 and stuck is null`,
          [trackId, requestId, announcedAgain, nextLookAt, stuck, now],
        );
        const isOurs = rowCount === 1;
        if (!isOurs || stuck === null) return { result: isOurs, changes: [] };
        // What was given up is not being recomputed.
        const refreshed = await refreshTracks(client, chain, [trackId]);
        spent = refreshed.spent;
        // Whose a track is that is not known is not either: nobody is told.
        const track = refreshed.tracks.get(trackId);
        const given = track ? [stuckChange(trackId, requestId, track)] : [];
        return { result: isOurs, changes: [...refreshed.changes, ...given] };
      };
      const isOurs = await writeCatalog(pool, [trackId], work, { onTold });
      if (spent.length > 0) onSpent?.(spent);
      return isOurs;
    },
  };
}

export type ReplayWatches = ReturnType<typeof createReplayWatches>;
