/** Rows that whoever made them has left something out of: a catalog that did not know all kinds of their tracks, or not as they are now. */
import type { Client } from "@segue/catalog-db";
import { z } from "zod";
import type { SearchRow } from "./describe-row.ts";

const write = `
with given as (select * from jsonb_to_recordset($2::jsonb) as x(id uuid, kinds text[])),
whole as (delete from search_lacking l where l.id = any($1::uuid[]) and not exists (select from given g where g.id = l.id))
insert into search_lacking as l (id, kinds) select id, kinds from given
on conflict (id) do update set kinds = excluded.kinds where l.kinds <> excluded.kinds`;

/** Of rows that are there. Of one that has the place for itself. */
export async function writeLacking(client: Client, rows: readonly SearchRow[]): Promise<void> {
  const lacking = rows.flatMap(({ id, lacks }) => (lacks.length > 0 ? [{ id, kinds: lacks }] : []));
  await client.query(write, [rows.map(({ id }) => id), JSON.stringify(lacking)]);
}

const Ids = z.array(z.object({ id: z.string() }));

/** Tracks whose rows can be made whole by whoever knows the latest schemas of these kinds. */
export async function readLacking(
  client: Client,
  latest: ReadonlySet<string>,
  limit: number,
): Promise<string[]> {
  const { rows } = await client.query("select id from search_lacking where kinds && $1::text[] limit $2", [
    [...latest],
    limit,
  ]);
  return Ids.parse(rows).map(({ id }) => id);
}
