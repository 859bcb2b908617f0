import { ApiError } from "../api-error.ts";

/**
 * What this server does with a parameter, a header or a field:
 *
 * - `built`: it acts as in Cloud Storage;
 * - `kept`: nothing here acts on it, and nothing that a client can see here would differ if it did;
 * - `own`: the server writes it, so that a client which hands a whole resource back may hold it;
 * - `refused`: it is not built, and a request that asks for it fails with its name.
 *
 * What stands in no table is refused as unknown: nothing passes in silence.
 */
export type Handling = "built" | "kept" | "own" | "refused";

/** A name, or the path of a field with dots, and what is done with it. */
export type Surface = Readonly<Record<string, Handling>>;

/**
 * A refusal of something that Cloud Storage has. It is a 400, not a 501: Google's client for Go tries any 5xx again
 * until its caller gives up, which would turn a refusal into a hang.
 */
export function notBuilt(what: string): ApiError {
  return new ApiError(
    400,
    "notImplemented",
    `${what} is not built in Segue's local cloud. Cloud Storage itself has it; docs/local-cloud.md says what is built.`,
  );
}

/** True for a value that asks for nothing: an empty or false one, or a structure of only such. */
export function isOff(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  if (typeof value === "string") return ["", "false", "disabled"].includes(value.toLowerCase());
  if (typeof value !== "object") return false;
  return Object.values(value).every(isOff);
}
