import type { IncomingHttpHeaders } from "node:http";
import { ApiError, conditionNotMet, invalid } from "./api-error.ts";

/** What must hold of the live object (or of a bucket) for a request to go ahead. Generation 0 stands for none. */
export type Preconditions = {
  readonly ifGenerationMatch?: number;
  readonly ifGenerationNotMatch?: number;
  readonly ifMetagenerationMatch?: number;
  readonly ifMetagenerationNotMatch?: number;
};

const names = [
  "ifGenerationMatch",
  "ifGenerationNotMatch",
  "ifMetagenerationMatch",
  "ifMetagenerationNotMatch",
] as const;

/** Reads a whole number from a query. Throws a 400 when it is something else. */
export function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^\d{1,16}$/.test(text))
    throw invalid(`Invalid value for ${name}: expected a whole number, got ${text}`);
  return Number(text);
}

const pageLimit = 1000;

/** Reads how many entries a page may have: 1 to 1000. */
export function readLimit(query: URLSearchParams): number {
  return Math.max(1, Math.min(pageLimit, readNumber(query, "maxResults") ?? pageLimit));
}

/** Reads the preconditions of a request. Throws a 400 when one is not a whole number. */
export function readPreconditions(query: URLSearchParams): Preconditions {
  const found: { -readonly [K in keyof Preconditions]: number } = {};
  for (const name of names) {
    const value = readNumber(query, name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** The same from the headers of the XML API. */
export function readHeaderPreconditions(headers: NodeJS.Dict<string | string[]>): Preconditions {
  const query = new URLSearchParams();
  for (const name of names) {
    const value = headers[`x-goog-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`];
    if (typeof value === "string") query.set(name, value);
  }
  return readPreconditions(query);
}

/**
 * Throws 412 when the live object is not in the state asked for. A failed "not match" answers a read with 304.
 */
export function checkPreconditions(
  conditions: Preconditions,
  live: { readonly generation: number; readonly metageneration: number } | undefined,
  intent: "read" | "write",
): void {
  const generation = live?.generation ?? 0;
  const metageneration = live?.metageneration ?? 0;
  const { ifGenerationMatch, ifGenerationNotMatch, ifMetagenerationMatch, ifMetagenerationNotMatch } =
    conditions;
  if (ifGenerationMatch !== undefined && ifGenerationMatch !== generation) throw conditionNotMet();
  if (ifMetagenerationMatch !== undefined && ifMetagenerationMatch !== metageneration)
    throw conditionNotMet();
  const unchanged =
    (ifGenerationNotMatch !== undefined && ifGenerationNotMatch === generation) ||
    (ifMetagenerationNotMatch !== undefined && ifMetagenerationNotMatch === metageneration);
  if (!unchanged) return;
  if (intent === "read") throw new ApiError(304, "notModified", "Not Modified");
  throw conditionNotMet();
}

/** Whether a list of quoted tags, or a `*`, names this one. Weak tags are taken as strong ones. */
function namesTag(header: string, etag: string): boolean {
  return header
    .split(",")
    .map((tag) =>
      tag
        .trim()
        .replace(/^W\//, "")
        .replace(/^"(.*)"$/, "$1"),
    )
    .some((tag) => tag === "*" || tag === etag);
}

/** Throws 412, or 304 for a read, when `If-Match` or `If-None-Match` asks for another state than that of `etag`. */
export function checkEtags(headers: IncomingHttpHeaders, etag: string, intent: "read" | "write"): void {
  const wanted = headers["if-match"];
  if (wanted !== undefined && !namesTag(wanted, etag)) throw conditionNotMet();
  const unwanted = headers["if-none-match"];
  if (unwanted === undefined || !namesTag(unwanted, etag)) return;
  if (intent === "read") throw new ApiError(304, "notModified", "Not Modified");
  throw conditionNotMet();
}

/** Throws 412 or 304 for a read when the object has changed after, or not after, the moment that a header names. */
export function checkDates(headers: IncomingHttpHeaders, updatedMs: number): void {
  // Headers have whole seconds.
  const changedMs = Math.floor(updatedMs / 1000) * 1000;
  const unmodifiedSinceMs = Date.parse(headers["if-unmodified-since"] ?? "");
  if (changedMs > unmodifiedSinceMs) throw conditionNotMet();
  const modifiedSinceMs = Date.parse(headers["if-modified-since"] ?? "");
  // An entity tag says it better, and takes precedence.
  if (changedMs <= modifiedSinceMs && headers["if-none-match"] === undefined)
    throw new ApiError(304, "notModified", "Not Modified");
}
