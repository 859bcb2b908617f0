import type { Pool } from "@segue/catalog-db";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";
import { type Looks, startLooks } from "../looks.ts";

/** Deleted in one statement. */
const atOnce = 5_000;
/** Between two looks, and where nothing is due for a long time. */
const shortestMs = 60_000;
const longestMs = 3_600_000;
/** After a look that failed. */
const retryMs = 300_000;

/**
 * The oldest ones go. What is not there any more is noted with it: a reader that had not come so far is told, and does not take the gap for quiet. Several catalogs may
 * do it at once.
 */
const forget = `
with due as (
  select number from (select number, at from changes order by number limit $2) oldest
  where at < now() - make_interval(secs => $1::double precision / 1000)),
gone as (delete from changes c using due d where c.number = d.number returning c.number),
noted as (
  update change_feed set gone_through = greatest(gone_through, (select max(number) from gone)) where exists (select from gone))
select (select count(*)::int from gone) as gone, (
  select extract(epoch from c.at - now()) * 1000 + $1 from changes c
  where c.number > coalesce((select max(number) from gone), 0) order by c.number limit 1) as "inMs"`;

const Forgotten = z.object({ gone: z.int(), inMs: z.coerce.number().nullable() });

/** Deletes changes that were kept for `keepMs`. @returns in how many ms the next one is due; null: there is none. */
export async function forgetChanges(pool: Pool, keepMs: number): Promise<number | null> {
  for (;;) {
    const { rows } = await pool.query(forget, [keepMs, atOnce]);
    const [{ gone, inMs } = { gone: 0, inMs: null }] = z.array(Forgotten).parse(rows);
    if (gone < atOnce) return inMs;
  }
}

/** Does so whenever some are due. */
export function keepChanges(options: {
  readonly pool: Pool;
  readonly keepMs: number;
  readonly log: Logger;
}): Looks {
  const { pool, keepMs, log } = options;
  return startLooks({
    async look() {
      try {
        return (await forgetChanges(pool, keepMs)) ?? longestMs;
      } catch (error) {
        log.warn({ error }, "changes that were kept long enough can't be deleted now");
        return retryMs;
      }
    },
    shortestMs,
    longestMs,
  });
}
