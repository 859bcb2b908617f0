import { isDeepStrictEqual } from "node:util";
import { type ArtifactRecord, type Attempt, moveAttempt } from "@segue/contracts";
import { throughJson } from "./rewrite-object.ts";

/** So many requests are known to have had a result made; those of longer ago have come to their end. */
const keptRequests = 16;

/**
 * The record to store where one may be there already: a forced step's, a payload's that was made again. A success is not undone by a
 * failure, which is kept beside it; and when something first came to be is not forgotten, nor for whom it was made. Its attempt ends after that of the
 * record that it follows, whatever the clocks of two workers say, and however long each took to write: whoever goes by times, as the catalog does, comes to what
 * storage has.
 */
export function followRecord(existing: ArtifactRecord | undefined, record: ArtifactRecord): ArtifactRecord {
  if (!existing) return record;
  const following = follow(
    existing,
    record.attempt ? { ...record, attempt: endAfter(existing, record.attempt) } : record,
  );
  const earlier = requestsBefore(existing, following);
  const { earlierRequestIds: _, ...rest } = following;
  return earlier.length > 0 ? { ...rest, earlierRequestIds: earlier } : rest;
}

function follow(existing: ArtifactRecord, record: ArtifactRecord): ArtifactRecord {
  if (existing.outcome.status === record.outcome.status) {
    const firstAttempt = existing.firstAttempt ?? existing.attempt;
    return { ...record, ...(firstAttempt ? { firstAttempt } : {}) };
  }
  if (record.outcome.status === "succeeded" || !record.attempt) return record;
  const { requestId } = record;
  const laterFailure = { error: record.outcome.error, attempt: record.attempt };
  return { ...existing, ...(requestId === undefined ? {} : { requestId }), laterFailure };
}

function requestsBefore(existing: ArtifactRecord, { requestId }: ArtifactRecord): string[] {
  const all = [existing.requestId, ...(existing.earlierRequestIds ?? [])].filter((id) => id !== undefined);
  return all.filter((id) => id !== requestId).slice(0, keptRequests);
}

function endAfter({ attempt, laterFailure }: ArtifactRecord, own: Attempt): Attempt {
  const ends = [attempt, laterFailure?.attempt].flatMap((each) =>
    each ? [Date.parse(each.finishedAt)] : [],
  );
  const byMs = Math.max(...ends) + 1 - Date.parse(own.finishedAt);
  return byMs <= 0 ? own : moveAttempt(own, byMs);
}

/** Whether a record has come of another one already: by a write whose answer was lost. */
export function tellsOf(
  { requestId, attempt, laterFailure }: ArtifactRecord,
  record: ArtifactRecord,
): boolean {
  const own = timeless(record.attempt);
  return (
    requestId === record.requestId &&
    [attempt, laterFailure?.attempt].some((each) => isDeepStrictEqual(timeless(each), own))
  );
}

/** As it was written, but for the times, which may have been moved. */
function timeless(attempt: Attempt | null | undefined): unknown {
  if (!attempt) return attempt;
  const { startedAt: _, finishedAt: __, ...rest } = attempt;
  return throughJson(rest);
}
