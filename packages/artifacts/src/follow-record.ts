import type { ArtifactRecord } from "@segue/contracts";

/** So many requests are known to have had a result made; those of longer ago have come to their end. */
const keptRequests = 16;

/**
 * The record to store where one may be there already: a forced step's, a payload's that was made again. A success is not undone by a
 * failure, which is kept beside it; and when something first came to be is not forgotten, nor for whom it was made.
 */
export function followRecord(existing: ArtifactRecord | undefined, record: ArtifactRecord): ArtifactRecord {
  if (!existing) return record;
  const following = follow(existing, record);
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
