import { isDeepStrictEqual } from "node:util";
import { type ArtifactRecord, type Attempt, askedAtMs, moveAttempt } from "@segue/contracts";
import { throughJson } from "./rewrite-object.ts";

/** So many requests are known by their ids to have had a result made. Of those before them only a time is kept: a list for each of a master's tracks has no end. */
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
  const before = requestsBefore(existing, following);
  const earlier = before.slice(0, keptRequests);
  const answeredTo = answeredUntil(existing, record, before.slice(keptRequests));
  const { earlierRequestIds: _, answersAllUntil: __, ...rest } = following;
  return {
    ...rest,
    ...(earlier.length > 0 ? { earlierRequestIds: earlier } : {}),
    ...(answeredTo === undefined ? {} : { answersAllUntil: answeredTo }),
  };
}

/**
 * Whatever had been asked for when work for one of these began is answered by that work, whoever asked: theirs began after they were made. A request of an API whose clock is ahead says
 * nothing of those that are made after it: it counts as made when this attempt began.
 */
function answeredUntil(
  { answersAllUntil: before }: ArtifactRecord,
  { attempt }: ArtifactRecord,
  dropped: readonly string[],
): string | undefined {
  if (!attempt) return before;
  const madeMs = dropped.flatMap((id) => askedAtMs(id) ?? []);
  if (madeMs.length === 0) return before;
  const untilMs = Math.min(Math.max(...madeMs), Date.parse(attempt.startedAt));
  return new Date(before === undefined ? untilMs : Math.max(untilMs, Date.parse(before))).toISOString();
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
  return all.filter((id) => id !== requestId);
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
