import { Change } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";
import { isOwnersSql } from "./is-owners.ts";

/** A change as the feed has it. */
const StoredChange = Change.omit({ cursor: true }).extend({
  number: z.int(),
  /** Of the track. */
  owner: z.string(),
  at: z.string().transform((text) => new Date(text).toISOString()),
});
export type StoredChange = z.infer<typeof StoredChange>;

const Row = z.object({
  epoch: z.string(),
  goneThrough: z.coerce.number(),
  last: z.coerce.number(),
  changes: z.array(StoredChange),
});
/** A part of the feed, and what there is of it at that moment. */
export type ReadChanges = z.infer<typeof Row>;

export interface ChangesWanted {
  /** The number of the last one that is known already; 0: none is. */
  readonly after: number;
  readonly limit: number;
  /** Only what has happened to this track. */
  readonly trackId?: string | undefined;
  /** Only what has happened to this owner's tracks. */
  readonly owner?: string | undefined;
}

/** All of it as of one moment: what was deleted meanwhile, and what was not yet, can't be taken for one another. */
const select = (where: string) => `
select f.epoch, f.gone_through as "goneThrough", greatest(f.gone_through, (select max(number) from changes)) as last,
  coalesce((
    select jsonb_agg(jsonb_build_object('number', c.number, 'type', c.type, 'trackId', c.track_id, 'requestId', c.request_id, 'at', c.at,
      'owner', c.owner, 'state', c.state, 'step', c.step, 'code', c.code) order by c.number)
    from (select * from changes where ${where} order by number limit $2) c), '[]') as changes
from change_feed f`;

/**
 * What has happened since, oldest first. What there is with a lower number than the last one is there: nothing is committed before it later. `goneThrough` is the
 * last number of what is not kept any more: with a lower `after` there is a gap.
 */
export async function readChanges(
  pool: Pool,
  { after, limit, trackId, owner }: ChangesWanted,
): Promise<ReadChanges> {
  const values: unknown[] = [after, limit];
  const where = ["number > $1"];
  if (trackId !== undefined) where.push(`track_id = $${values.push(trackId)}`);
  if (owner !== undefined) where.push(isOwnersSql("owner", owner, `$${values.push(owner)}`));
  const { rows } = await pool.query(select(where.join(" and ")), values);
  const [row] = rows;
  if (!row) throw new TypeError("expected the row of change_feed, found none");
  return Row.parse(row);
}
