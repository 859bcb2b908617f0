import { z } from "zod";

/** The SQLSTATE of an error that the server itself reported; undefined for broken connections and timeouts. */
export function readSqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether it is an exception of our own, over what was read or was to be written: no connection and no server can mend it. */
function isOurs(error: unknown): boolean {
  const ours = [z.ZodError, TypeError, RangeError, SyntaxError, ReferenceError];
  return readSqlState(error) === undefined && ours.some((kind) => error instanceof kind);
}

/**
 * Whether the values are at fault, so that the same can only fail again: data exceptions (22), integrity violations (23),
 * exceeded limits (54), and exceptions of our own over them. Everything else (connection, resources, shutdown, a schema not migrated
 * yet) may pass.
 */
export function isDataError(error: unknown): boolean {
  return isOurs(error) || /^(22|23|54)/.test(readSqlState(error) ?? "");
}

/** What a schema that is not migrated yet answers to a query of today: no such table, no such column, no such function. */
const notMigrated = new Set(["42P01", "42703", "42883"]);

/** The account may not do this: whoever runs the fleet has not said that it may. */
const notGranted = "42501";

/**
 * Why a query may succeed later without it, or anything that is stored, being changed, in words; undefined where the query, its values or what is
 * stored are at fault.
 */
export function describeOutage(error: unknown): string | undefined {
  const state = readSqlState(error);
  if (state === undefined) return isOurs(error) ? undefined : "the catalog's database does not answer";
  if (notMigrated.has(state)) return "the catalog's database is of an older version than this service";
  if (state === notGranted) return "the service's account may not do this in the catalog's database";
  return isDataError(error) || state.startsWith("42") ? undefined : "the catalog's database can't answer now";
}

/** What a server answers to a statement, or the wait for a lock, that took longer than it may, and to a transaction that has no room: of memory, or for its locks. */
const tooMuch = new Set(["57014", "55P03", "53200"]);

/** Whether it took longer than it may, or more room than there is: less at once may pass. */
export function isTooMuchAtOnce(error: unknown): boolean {
  const state = readSqlState(error);
  if (state !== undefined) return tooMuch.has(state);
  return error instanceof Error && error.message === "Query read timeout";
}

/** Whether two transactions stood in each other's way, and this one was ended for it: the same again may pass at once. */
export function isContention(error: unknown): boolean {
  return /^40/.test(readSqlState(error) ?? "");
}
