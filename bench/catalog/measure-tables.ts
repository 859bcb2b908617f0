import type { Pool } from "@segue/catalog-db";
import { z } from "zod";

const Row = z.object({
  name: z.string(),
  heap: z.coerce.number(),
  toast: z.coerce.number(),
  indexes: z.coerce.number(),
});

/** What a track takes of each table, with its indexes: a line each, the largest first, and the sum. */
export async function measureTables(pool: Pool, tracks: number): Promise<string[]> {
  await pool.query("analyze");
  const { rows } = await pool.query(
    `select relname as name, pg_relation_size(oid) as heap, pg_indexes_size(oid) as indexes,
       pg_table_size(oid) - pg_relation_size(oid) as toast
     from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
     order by pg_total_relation_size(oid) desc`,
  );
  const tables = z.array(Row).parse(rows);
  const each = (bytes: number) => Math.round(bytes / tracks);
  const total = tables.reduce((sum, { heap, toast, indexes }) => sum + heap + toast + indexes, 0);
  return [
    ...tables
      .filter(({ heap, toast, indexes }) => each(heap + toast + indexes) >= 10)
      .map(
        ({ name, heap, toast, indexes }) =>
          `${name}: ${each(heap)} + ${each(toast)} beside it + ${each(indexes)} of indexes`,
      ),
    `together ${each(total)} bytes per track`,
  ];
}
