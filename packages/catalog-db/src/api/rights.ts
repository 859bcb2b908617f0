import { z } from "zod";
import type { Pool } from "../connect.ts";

/** What whoever serves the API has to be allowed, on what it keeps itself: as `let_serve_api` gives it (migration 0080). */
const needed = [
  ...["webhooks", "webhook_deliveries", "api_keys", "api_usage", "api_charges", "api_audit"].flatMap(
    (table) => (["SELECT", "INSERT", "UPDATE", "DELETE"] as const).map((right) => ({ table, right })),
  ),
  // Of secrets some columns.
  ...(["INSERT", "UPDATE", "DELETE"] as const).map((right) => ({ table: "webhook_secrets", right })),
];

const Missing = z.array(z.object({ missing: z.string() }));

const missing = `
select t.name || ': ' || string_agg(t.wanted, ', ' order by t.place) as missing
from unnest($1::text[], $2::text[]) with ordinality as t(name, wanted, place)
where to_regclass(t.name) is not null and not case
  when t.wanted = 'DELETE' then has_table_privilege(to_regclass(t.name), t.wanted)
  else has_any_column_privilege(to_regclass(t.name), t.wanted) end
group by t.name
union all select 'keep_correction: EXECUTE' where not has_function_privilege(to_regprocedure('keep_correction(jsonb, boolean)'), 'EXECUTE')
order by missing`;

/**
 * What this account may not do, and the API has to, by table: `api_keys: INSERT, UPDATE`. Of tables that are not there yet nothing is said: whoever migrates gives
 * rights to them.
 */
export async function readMissingRights(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query(missing, [
    needed.map(({ table }) => table),
    needed.map(({ right }) => right),
  ]);
  return Missing.parse(rows).map((row) => row.missing);
}
