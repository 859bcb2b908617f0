/** What SQL says of rows that are in their tables, of rows that were packed. */
import type { AttemptRow, RequestRow } from "../rows.ts";

export function tellRequest(row: RequestRow) {
  const { request_id: id, cause, owner, targets, force, backfill_id, requested_at } = row;
  return { id, cause, owner, targets, force, backfillId: backfill_id, requestedAt: requested_at };
}

/** An attempt as it is in a track's history. */
export function tellAttempt(row: AttemptRow) {
  const { request_id, step, version, kind, address, outputs, status, how } = row;
  return {
    ...{ requestId: request_id, step, version, kind, address, outputs, status, how },
    error: tellFailure(row),
    attempt: tellWork(row),
  };
}

/** What holds for a step, which has succeeded, and of which nothing else is to be told. */
export function tellOutcome(row: AttemptRow) {
  const { requestId: _, ...attempt } = tellAttempt(row);
  return { ...attempt, blockedBy: [], recomputing: null, failedUpgrade: null };
}

/** As `failureSql`. */
function tellFailure({ error_code, error_message, error_words, underlying }: AttemptRow) {
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

function tellWork(row: AttemptRow) {
  return {
    worker: row.worker,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    durationMs: row.duration_ms,
    cpuMs: row.cpu_ms,
    gpuMs: row.gpu_ms,
    earlier: row.earlier ?? [],
    deliveryAttempt: row.delivery_attempt,
    ...(row.tools === null ? {} : { tools: row.tools }),
  };
}
