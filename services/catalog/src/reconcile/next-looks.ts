import type { Pool } from "@segue/catalog-db";
import { z } from "zod";

/**
 * When something is to be looked at next: a track or a replay that is watched, one that nobody has looked at yet once it is old enough, and one
 * that was called stuck, in case it goes on.
 * Each is found at the beginning of an index. Of replays so many are looked at there: one that was asked for by a clock ahead is in no other's way,
 * and one that nothing is known of but its watch is none.
 */
const selectNextLooks = `
select least(
    (select min(next_look_at) from track_watches where stuck is null and not is_new),
    (select min(next_look_at) + make_interval(secs => $1::double precision / 1000)
      from track_watches where stuck is null and is_new),
    (select min(next_look_at) from track_watches where stuck is not null)) as tracks,
  (select min(greatest(w.next_look_at, w.requested_at + make_interval(secs => $1::double precision / 1000)))
    from (select w.next_look_at, r.requested_at from replay_watches w
      join requests r on r.track_id = w.track_id and r.request_id = w.request_id
      join tracks t on t.id = w.track_id
      where w.stuck is null order by w.next_look_at limit 100) w) as replays`;

/** Null: nothing is known to become due. */
const NextLooks = z.object({ tracks: z.date().nullable(), replays: z.date().nullable() });
export type NextLooks = z.infer<typeof NextLooks>;

export async function readNextLooks(pool: Pool, quietMs: number): Promise<NextLooks> {
  const { rows } = await pool.query(selectNextLooks, [quietMs]);
  return NextLooks.parse(rows[0]);
}
