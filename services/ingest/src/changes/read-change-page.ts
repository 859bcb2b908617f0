import type { StoredChange } from "@segue/catalog-db";
import type { Change, ChangePage, ChangeQuery } from "@segue/contracts";
import type { ApiContext } from "../api-context.ts";
import { decodePlace, encodePlace, requireKept } from "./feed-place.ts";

/**
 * A page of what has happened, oldest first.
 *
 * @throws {ProblemError} `invalid-request`, `cursor-expired`, `unavailable`.
 */
export async function readChangePage(
  { catalog }: Pick<ApiContext, "catalog">,
  { since, limit, trackId }: ChangeQuery,
): Promise<ChangePage> {
  const isFromNow = since === "now";
  const place = since === undefined || isFromNow ? undefined : decodePlace(since);
  const after = isFromNow ? Number.MAX_SAFE_INTEGER : (place?.number ?? 0);
  const read = await catalog.changes({ after, limit: limit + 1, trackId });
  if (place) requireKept(place, read);
  const page = read.changes.slice(0, limit);
  const hasMore = read.changes.length > limit;
  const { epoch } = read;
  // All up to the last one was looked at where the page has room left.
  const number = hasMore ? (page.at(-1)?.number ?? read.last) : read.last;
  return {
    changes: page.map((change) => describeChange(change, epoch)),
    nextCursor: encodePlace({ epoch, number }),
    hasMore,
  };
}

export function describeChange({ number, ...change }: StoredChange, epoch: string): Change {
  return { cursor: encodePlace({ epoch, number }), ...change };
}
