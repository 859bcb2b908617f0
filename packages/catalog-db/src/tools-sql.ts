/** An attempt's tools as a field to be added to it; no field where there are none. @param table the alias of its row. */
export function toolsSql(table: string): string {
  return `case when ${table}.tools is null then '{}' else jsonb_build_object('tools', ${table}.tools) end`;
}
