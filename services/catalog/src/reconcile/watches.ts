import type { Pool } from "@segue/catalog-db";
import { z } from "zod";

/** A track that has not come to an end, and of which nothing was heard for a while. */
export const QuietTrack = z.object({
  id: z.string(),
  master: z.string(),
  wants: z.array(z.string()),
  endedSteps: z.array(z.string()),
  /** Times that it was announced again since its last progress. */
  announcedAgain: z.int(),
});
export type QuietTrack = z.infer<typeof QuietTrack>;

export type EventKind = "found-in-storage" | "announced-again" | "stuck";

/** Walks the index of open tracks, oldest first, past those that are not to be looked at yet, or that a backfill looks after. */
const selectQuiet = `
select t.id, t.master, t.wants, o.ended as "endedSteps",
  case when cardinality(o.ended) > coalesce(w.steps_ended, 0) then 0 else coalesce(w.announced_again, 0) end
    as "announcedAgain"
from tracks t
left join track_watches w on w.track_id = t.id
cross join lateral (
  select coalesce(array_agg(step order by step), '{}') as ended from step_outcomes where track_id = t.id) o
where t.state in ('accepted', 'processing') and t.accepted_at < $1
  and (w.track_id is null or (w.stuck is null and w.next_look_at <= $2))
  and not exists (select from step_attempts a where a.track_id = t.id and a.finished_at >= $1)
  and not exists (select from backfill_tracks b where b.track_id = t.id)
order by t.id limit $3`;

/** Of several catalogs that look at the same moment, one gets the track. */
const claim = `
insert into track_watches as w (track_id, announced_again, next_look_at, steps_ended, stuck)
values ($1, $2, $3, $4, $5)
on conflict (track_id) do update set announced_again = excluded.announced_again,
  next_look_at = excluded.next_look_at, steps_ended = excluded.steps_ended, stuck = excluded.stuck
where w.next_look_at <= $6 and w.stuck is null`;

export function createWatches(pool: Pool) {
  return {
    async findQuiet(now: Date, quietMs: number, limit: number): Promise<QuietTrack[]> {
      const { rows } = await pool.query(selectQuiet, [new Date(now.getTime() - quietMs), now, limit]);
      return z.array(QuietTrack).parse(rows);
    },
    /** Looks again later; false: another catalog was faster. */
    async claim(
      track: QuietTrack,
      next: { announcedAgain: number; now: Date; nextLookAt: Date; stuck: string | null },
    ): Promise<boolean> {
      const { announcedAgain, now, nextLookAt, stuck } = next;
      const values = [track.id, announcedAgain, nextLookAt, track.endedSteps.length, stuck, now];
      return (await pool.query(claim, values)).rowCount === 1;
    },
    async addEvent(trackId: string, at: Date, kind: EventKind, detail: string): Promise<void> {
      await pool.query("insert into track_events values ($1, $2, $3, $4) on conflict do nothing", [
        trackId,
        at,
        kind,
        detail,
      ]);
    },
    /** How far storage was gone through; undefined: never, as far as this database knows. */
    async readSweptTo(): Promise<Date | undefined> {
      const { rows } = await pool.query("select swept_to from sweeps");
      return z.array(z.object({ swept_to: z.date() })).parse(rows)[0]?.swept_to;
    },
    async noteSweptTo(to: Date): Promise<void> {
      await pool.query(
        `insert into sweeps (swept_to) values ($1)
         on conflict (id) do update set swept_to = greatest(sweeps.swept_to, excluded.swept_to)`,
        [to],
      );
    },
    /** Those of the ids that the catalog has not heard of. */
    async findUnknown(ids: readonly string[]): Promise<string[]> {
      const { rows } = await pool.query(
        "select id::text from unnest($1::uuid[]) as given (id) where not exists (select from tracks t where t.id = given.id)",
        [ids],
      );
      return z
        .array(z.object({ id: z.string() }))
        .parse(rows)
        .map(({ id }) => id);
    },
  };
}

export type Watches = ReturnType<typeof createWatches>;
