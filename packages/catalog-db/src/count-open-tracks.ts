import { z } from "zod";
import type { Pool } from "./connect.ts";

export interface OpenTrackCount {
  /** Tracks that have not come to an end; no more than the limit are counted. */
  readonly open: number;
  /** When the latest track that the catalog knows was accepted. */
  readonly latestAcceptedAt: Date | null;
}

const Counted = z.object({ open: z.coerce.number().int(), latest: z.date().nullable() });

/** Walks the indexes of open tracks, as far as the limit. */
export async function countOpenTracks(pool: Pool, limit: number): Promise<OpenTrackCount> {
  const { rows } = await pool.query(
    `select
       (select count(*) from (
         (select from tracks where state = 'accepted' limit $1) union all (select from tracks where state = 'processing' limit $1)
         limit $1) open) as open,
       (select accepted_at from tracks order by id desc limit 1) as latest`,
    [limit],
  );
  const { open, latest } = Counted.parse(rows[0]);
  return { open, latestAcceptedAt: latest };
}
