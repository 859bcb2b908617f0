import type { ChangesWanted, ReadChanges, StoredChange } from "@segue/catalog-db";
import type { Change, ChangePage, ChangeQuery } from "@segue/contracts";
import { decodePlace, encodePlace, requireKept } from "./feed-place.ts";

export interface WantedChanges extends ChangesWanted {
  /** Of the feed in which `after` is a place; undefined: of whatever there is. What comes of another feed says so. */
  readonly epoch?: string | undefined;
}

/** Where changes are read: in the catalog, or in what was read of it for all who wait. */
export interface ChangeSource {
  changes(wanted: WantedChanges): Promise<ReadChanges>;
}

/**
 * A page of what has happened, oldest first.
 *
 * @throws {ProblemError} `invalid-request`, `cursor-expired`, `unavailable`.
 */
export async function readChangePage(
  source: ChangeSource,
  {
    since,
    limit,
    trackId,
    owner,
  }: Pick<ChangeQuery, "since" | "limit" | "trackId"> & { readonly owner: string },
): Promise<ChangePage> {
  const isFromNow = since === "now";
  const place = since === undefined || isFromNow ? undefined : decodePlace(since);
  const after = isFromNow ? Number.MAX_SAFE_INTEGER : (place?.number ?? 0);
  const read = await source.changes({ after, limit: limit + 1, trackId, owner, epoch: place?.epoch });
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

export function describeChange({ number, owner: _owner, ...change }: StoredChange, epoch: string): Change {
  return { cursor: encodePlace({ epoch, number }), ...change };
}
