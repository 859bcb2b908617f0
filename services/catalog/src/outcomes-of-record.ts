import type { ArtifactRecord, Attempt, MasteredRequest, StepOutcome } from "@segue/contracts";
import { outcomeFacts } from "./facts-of.ts";
import { type Facts, mergeFacts } from "./rows.ts";
import { recordWithin } from "./told-times.ts";

/** Of a track what its outcomes need. */
export type RecordedTrack = Pick<MasteredRequest, "trackId" | "master" | "wants"> & {
  readonly acceptedAt: string;
};

/** What a record says to a track, with times that can be. @param readAt nothing that is kept is of later. */
export function recordedFacts(track: RecordedTrack, asKept: ArtifactRecord, readAt: Date): Facts {
  const { record, ahead } = recordWithin(asKept, readAt);
  const facts = mergeFacts(outcomesOf(track, record).map(outcomeFacts));
  const attempts = facts.attempts.map((row) =>
    row.how === "computed" && ahead.has(row.started_at) ? { ...row, wasAhead: true as const } : row,
  );
  return { ...facts, attempts };
}

/**
 * What the runner said of a record for a track, as far as storage knows: when it was made, at first and last, and what failed since;
 * of a track that came later, that it was found there. None for a track that does not want its step.
 */
function outcomesOf(track: RecordedTrack, record: ArtifactRecord): StepOutcome[] {
  const { step, attempt, firstAttempt, laterFailure, outcome } = record;
  if (!step || !track.wants.includes(step.name)) return [];
  const isOlder = (made: Attempt) => Date.parse(made.startedAt) < Date.parse(track.acceptedAt);
  // The request that a record names is that of what was tried last.
  const latest = laterFailure?.attempt ?? attempt;
  const tell = (told: StepOutcome["outcome"], made: Attempt | null): StepOutcome => {
    const own = made !== null && !isOlder(made) ? made : undefined;
    const shown = own ?? foundAt(track.acceptedAt);
    return {
      v: 1,
      type: "StepOutcome",
      requestId: own && own === latest ? (record.requestId ?? null) : null,
      trackId: track.trackId,
      master: track.master,
      step: step.name,
      version: step.version,
      kind: record.kind,
      address: record.address,
      ...(record.outputs ? { outputs: record.outputs } : {}),
      how: own ? "computed" : "skipped",
      outcome: told,
      attempt: shown,
      at: shown.finishedAt,
    };
  };
  return [
    ...(firstAttempt ? [tell(outcome, firstAttempt)] : []),
    tell(outcome, attempt),
    ...(laterFailure && !isOlder(laterFailure.attempt)
      ? [tell({ status: "failed", error: laterFailure.error }, laterFailure.attempt)]
      : []),
  ];
}

function foundAt(acceptedAt: string): Attempt {
  return {
    worker: "rebuild",
    startedAt: acceptedAt,
    finishedAt: acceptedAt,
    durationMs: 0,
    cpuMs: null,
    gpuMs: null,
    earlier: [],
    deliveryAttempt: 1,
  };
}
