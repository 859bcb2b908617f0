import type { IncomingHttpHeaders } from "node:http";
import fresh from "fresh";
import { combineRanges, parse } from "range-parser";

/** What tells one state of a file from another. */
export interface Validators {
  /** Weak where one file is sent in several encodings. */
  readonly etag: string;
  /** Undefined where no instant tells: what a client says of one is not looked at then (RFC 9110, 13.1.3 and 13.1.4). */
  readonly lastModified: Date | undefined;
}

/** Whether a client expects another state of the file than there is (`If-Match`, else `If-Unmodified-Since`): then it wants nothing. */
export function isUnexpected(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const { "if-match": match, "if-unmodified-since": since } = headers;
  if (match !== undefined) {
    if (match.trim() === "*") return false;
    // Weak tags never match here (RFC 9110, 13.1.1).
    return isWeak(etag) || !match.split(",").some((tag) => tag.trim() === etag);
  }
  const sinceMs = since === undefined ? Number.NaN : Date.parse(since);
  return lastModified !== undefined && toSeconds(lastModified) > sinceMs;
}

/** Whether the client has this state already (`If-None-Match`, else `If-Modified-Since`). */
export function isFresh(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  return fresh(headers, { etag, ...(lastModified ? { "last-modified": lastModified.toUTCString() } : {}) });
}

/** First and last byte of a range, both included. */
export interface SatisfiedRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range that is asked for. Undefined: the whole file is the answer, as the RFC allows for several ranges, and wants for
 * headers that make no sense and for ranges of another state of the file (`If-Range`).
 */
export function readRange(
  headers: IncomingHttpHeaders,
  validators: Validators,
  sizeBytes: number,
): SatisfiedRange | "unsatisfiable" | undefined {
  const { range } = headers;
  if (range === undefined || !isOfThisState(headers["if-range"], validators)) return undefined;
  const { code, type, ranges } = parse(sizeBytes, range);
  if (type !== "bytes" || (code & malformed) !== 0) return undefined;
  const [first, ...more] = combineRanges(ranges);
  // Of an empty file, the last bytes are all that there is.
  if (first === undefined) return code === 0 ? undefined : "unsatisfiable";
  return more.length > 0 ? undefined : { start: first.start, end: first.end };
}

/** The bit that the parser sets for ranges that are none. */
const malformed = 1;

function isOfThisState(ifRange: unknown, { etag, lastModified }: Validators): boolean {
  if (ifRange === undefined) return true;
  if (typeof ifRange !== "string" || isWeak(etag)) return false;
  return ifRange === etag || (lastModified !== undefined && Date.parse(ifRange) === toSeconds(lastModified));
}

function isWeak(etag: string): boolean {
  return etag.startsWith("W/");
}

/** As dates in headers have it: whole seconds. In ms. */
function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1_000) * 1_000;
}
