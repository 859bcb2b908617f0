import type { ArtifactRecord } from "@segue/contracts";

/**
 * The record to store where one may be there already: a forced step's, a payload's that was made again. A success is not undone by a
 * failure, which is kept beside it; and when something first came to be is not forgotten.
 */
export function followRecord(existing: ArtifactRecord | undefined, record: ArtifactRecord): ArtifactRecord {
  if (!existing) return record;
  if (existing.outcome.status === record.outcome.status) {
    const firstAttempt = existing.firstAttempt ?? existing.attempt;
    return { ...record, ...(firstAttempt ? { firstAttempt } : {}) };
  }
  if (record.outcome.status === "succeeded" || !record.attempt) return record;
  const { requestId } = record;
  const laterFailure = { error: record.outcome.error, attempt: record.attempt };
  return { ...existing, ...(requestId === undefined ? {} : { requestId }), laterFailure };
}
