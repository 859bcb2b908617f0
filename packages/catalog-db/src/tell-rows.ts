/** What is told of rows, whether they are in their tables or were packed. */
import type { AttemptRow, RequestRow } from "./rows.ts";

/** What holds for a step: the columns of the attempt that does, null where none does, and what is to be told beside it. */
export type OutcomeRow = { readonly [Column in keyof AttemptRow]: AttemptRow[Column] | null } & {
  readonly step: string;
  readonly status: string;
  /** These three are missing where there is nothing to be told. */
  readonly blocked_by?: readonly string[];
  readonly recomputing?: unknown;
  readonly failed_upgrade?: unknown;
};

export function tellRequest(row: RequestRow) {
  const { request_id: id, cause, owner, targets, force, backfill_id, requested_at } = row;
  const requestedAt = toInstant(requested_at);
  return { id, cause, owner, targets, force, backfillId: backfill_id, requestedAt };
}

/** An attempt as it is in a track's history. */
export function tellAttempt(row: AttemptRow) {
  return { requestId: row.request_id, ...tellMade(row) };
}

export function tellOutcome(row: OutcomeRow) {
  const { blocked_by = [], recomputing = null, failed_upgrade = null } = row;
  return { ...tellMade(row), blockedBy: blocked_by, recomputing, failedUpgrade: failed_upgrade };
}

function tellMade(row: OutcomeRow) {
  const { step, version, kind, address, outputs, status, how } = row;
  const said = { step, version, kind, address, outputs, status, how };
  return { ...said, error: tellFailure(row), attempt: tellWork(row) };
}

/** A failure as contracts have it; what the row does not know is left out. */
function tellFailure({ error_code, error_message, error_words, underlying }: OutcomeRow) {
  if (error_code === null) return null;
  const { attempts, ...error } = underlying ?? {};
  return {
    ...error_words,
    code: error_code,
    ...(error_message === null ? {} : { message: error_message }),
    ...(underlying === null ? {} : { underlying: error }),
    ...(attempts === undefined ? {} : { attempts }),
  };
}

/** Null where nobody has worked. */
function tellWork(row: OutcomeRow) {
  const { worker, started_at, finished_at, duration_ms, cpu_ms, gpu_ms, earlier, delivery_attempt, tools } =
    row;
  if (worker === null || started_at === null || finished_at === null) return null;
  return {
    worker,
    startedAt: toInstant(started_at),
    finishedAt: toInstant(finished_at),
    durationMs: duration_ms,
    cpuMs: cpu_ms,
    gpuMs: gpu_ms,
    earlier: earlier ?? [],
    deliveryAttempt: delivery_attempt,
    ...(tools === null ? {} : { tools }),
  };
}

/** In UTC, to the millisecond. Postgres writes instants in JSON with an offset and as many digits as there are. */
function toInstant(text: string): string {
  return new Date(text).toISOString();
}
