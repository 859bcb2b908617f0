import { ToolsInUse } from "@segue/contracts";
import type { Pool } from "./connect.ts";

const Rows = ToolsInUse.shape.tools;

const select = `
select step, version, tool,
  jsonb_agg(jsonb_build_object('family', family,
    'seenAt', to_char(seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by family) as families
from tool_families where seen_at >= $1 group by step, version, tool order by step, version, tool`;

/** The families of outside programs that have made results since then, by step, version and program. */
export async function readTools(pool: Pool, since: Date): Promise<ToolsInUse["tools"]> {
  const { rows } = await pool.query(select, [since]);
  return Rows.parse(rows);
}
