/**
 * A master may come again, or be found to be somebody's, at the very moment when what was derived from it goes. That track's steps have then perhaps been found done, of what is not
 * there any more. So tracks that came by the time something was removed have all that they want made anew.
 */
import type { RequestObjects } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import { type Chain, describeRequest } from "@segue/chain";
import { healingIdOf, type Request, type StepSpec, withoutFetch } from "@segue/contracts";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";

/** Clocks of those who take tracks in differ by less. */
const marginSec = 300;

const selectTracks = `
select t.id, t.owner, t.master, t.wants, p.purged_at as "removedAt" from purged_masters p join tracks t on t.master = p.master
where p.takedown_id = $1 and t.accepted_at < p.purged_at + interval '${marginSec} seconds' and t.id <> all(p.healed)`;
const Track = z.object({
  id: z.string(),
  owner: z.string(),
  master: z.string(),
  wants: z.array(z.string()),
  removedAt: z.date(),
});

const noteHealed = `
update purged_masters set healed = healed || $3::uuid where takedown_id = $1 and master = $2 and $3::uuid <> all(healed)`;

export interface HealOptions {
  readonly pool: Pool;
  readonly chain: Chain<StepSpec>;
  readonly requests: RequestObjects;
  readonly log: Logger;
  /** Has the catalog know of it, and look after it. */
  take(request: Request): Promise<void>;
}

/** @returns how many. */
export async function healTracks(options: HealOptions, takedownId: string): Promise<number> {
  const { pool, chain, requests, log, take } = options;
  const tracks = z.array(Track).parse((await pool.query(selectTracks, [takedownId])).rows);
  for (const { id: trackId, owner, master, wants, removedAt } of tracks) {
    const isMade = (step: string) => chain.steps.some(({ name }) => name === step);
    const made = withoutFetch(wants).filter(isMade);
    // Whoever dies before it is noted asks for the same once more.
    const requestId = healingIdOf(takedownId, trackId, removedAt);
    const asked = { requestId, trackId, owner, master, wants: made, force: made };
    const requestedAt = removedAt.toISOString();
    const request = describeRequest(chain, { ...asked, cause: "replay", requestedAt });
    await requests.create(request);
    await take(request);
    await pool.query(noteHealed, [takedownId, master, trackId]);
    log.warn(
      { track: trackId, request: requestId },
      "a track came while its master was deleted: all of it is made anew",
    );
  }
  return tracks.length;
}
