import type { ReadChanges } from "@segue/catalog-db";
import { ProblemError } from "../problem-error.ts";

/** A place in the feed of changes: behind the change with a number. */
export interface FeedPlace {
  /** Of the feed: one that was begun anew has another. */
  readonly epoch: string;
  readonly number: number;
}

/** A place as text that says nothing to clients. */
export function encodePlace({ epoch, number }: FeedPlace): string {
  return Buffer.from(`${epoch}.${number}`).toString("base64url");
}

/** @throws {ProblemError} `invalid-request`. @param where it was found, for the words. */
export function decodePlace(cursor: string, where = "since"): FeedPlace {
  const [, epoch, digits] =
    /^([0-9a-f]{8})\.(0|[1-9]\d{0,14})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  const place = epoch === undefined ? undefined : { epoch, number: Number(digits) };
  if (place === undefined || encodePlace(place) !== cursor)
    throw new ProblemError("invalid-request", `${where}: expected a nextCursor of this API, or now`);
  return place;
}

/**
 * Whether all that has happened since is in what was read.
 *
 * @throws {ProblemError} `cursor-expired`, in words, where it is not.
 */
export function requireKept({ epoch, number }: FeedPlace, read: Omit<ReadChanges, "changes">): void {
  const expected = "expected a cursor of what is kept; ";
  // A number that was not given yet is of a feed that was put back to an earlier state.
  if (epoch !== read.epoch || number > read.last)
    throw new ProblemError("cursor-expired", `${expected}the feed was begun anew since this one`);
  if (number < read.goneThrough) {
    const gone = read.goneThrough - number;
    throw new ProblemError(
      "cursor-expired",
      `${expected}${gone} changes behind this one are not kept any more`,
    );
  }
}
