import { z } from "zod";
import type { Client, Pool } from "../connect.ts";

const Progress = z.object({
  /** Every track has been gone through; false: some may be missing, or not as they are. */
  isComplete: z.boolean(),
  /** The last rebuild that has been begun, and the last one that was asked for; 0: none. */
  rebuild: z.coerce.number(),
  asked: z.coerce.number(),
});
export type SearchProgress = z.infer<typeof Progress>;

const select = `
select coalesce((select p.walked_to is null and p.epoch = f.epoch from search_place p, change_feed f), false) as "isComplete",
  coalesce((select rebuild from search_place), 0) as rebuild, coalesce((select max(number) from search_rebuilds), 0) as asked`;

/** How far search is. */
export async function readSearchProgress(client: Pool | Client): Promise<SearchProgress> {
  const { rows } = await client.query(select);
  const progress = Progress.parse(rows[0]);
  return { ...progress, isComplete: progress.isComplete && progress.rebuild >= progress.asked };
}

/** Has search made anew by a catalog. @returns the rebuild's number. */
export async function askForRebuild(pool: Pool): Promise<number> {
  const { rows } = await pool.query("insert into search_rebuilds default values returning number");
  return z.object({ number: z.coerce.number() }).parse(rows[0]).number;
}
