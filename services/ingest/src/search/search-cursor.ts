import { createHash } from "node:crypto";
import type { SearchHit } from "@segue/catalog-db";
import { type SearchQuery, TrackId } from "@segue/contracts";
import { z } from "zod";
import { ProblemError } from "../problem-error.ts";

const Place = z.strictObject({
  search: z.string(),
  // The database has no year 0.
  value: z.union([z.number(), z.iso.datetime({ precision: 6 }).refine((at) => !at.startsWith("0000"))]),
  id: TrackId,
});

/** Which search a cursor is of: all that decides what is found and in which order. */
export function searchOf({ cursor: _cursor, limit: _limit, ...query }: SearchQuery, owner: string): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = JSON.stringify([owner, given.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

/** A place in a search's order, as text that says nothing to clients. */
export function encodeSearchCursor(search: string, { value, id }: Pick<SearchHit, "value" | "id">): string {
  return Buffer.from(JSON.stringify({ search, value, id })).toString("base64url");
}

/** @throws {ProblemError} `invalid-request`: it is none, or is of another search. */
export function decodeSearchCursor(cursor: string, search: string, byTime: boolean) {
  const parsed = Place.safeParse(parseJson(Buffer.from(cursor, "base64url").toString()));
  if (!parsed.success || (typeof parsed.data.value === "string") !== byTime || parsed.data.search !== search)
    throw new ProblemError(
      "invalid-request",
      "cursor: expected a nextCursor of this very search; begin another one without",
    );
  const { value, id } = parsed.data;
  return { value, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
