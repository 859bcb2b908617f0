/** The SQLSTATE of an error that the server itself reported; undefined for broken connections and timeouts. */
export function readSqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Whether the values are at fault, so that the same statement can only fail again: data exceptions (22), integrity
 * violations (23) and exceeded limits (54). Everything else (connection, resources, shutdown, a schema not migrated
 * yet) may pass.
 */
export function isDataError(error: unknown): boolean {
  return /^(22|23|54)/.test(readSqlState(error) ?? "");
}
