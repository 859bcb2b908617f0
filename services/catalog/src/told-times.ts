/**
 * What the clocks of workers and of the API say, as far as it can be. The catalog compares it with what others say, and with the time of its
 * database: one machine whose clock is ahead would have the last word for as long as that.
 *
 * - Nothing was over after the queue was told of it, and nobody has asked for anything after that.
 * - What was made for a request was not begun before that was asked for, as its id tells.
 * - A backfill is of what was accepted until it was told.
 *
 * An attempt is moved as a whole: it took as long as its worker says. See `docs/adr/0067-whose-clock-decides.md`.
 */
import {
  type ArtifactRecord,
  type Attempt,
  acceptedAtMs,
  type BackfillRequested,
  moveAttempt,
  type Request,
  type StepOutcome,
  type TrackAccepted,
} from "@segue/contracts";
import { outcomeFacts } from "./facts-of.ts";
import type { AttemptRow, Facts, ToldAttemptRow } from "./rows.ts";

/** So far apart clocks may be that are right: nothing is moved for less. */
export const clockSlackMs = 1_000;

/** When something was asked for; not after it was told. */
export function askedBy(at: string, toldAt: Date): string {
  return Date.parse(at) > toldAt.getTime() + clockSlackMs ? toldAt.toISOString() : at;
}

/**
 * A backfill, asked for no earlier than it was told: of an API whose clock is behind it would leave out what was accepted in between. One that is told again
 * later is of the time when it was told first.
 */
export function askedSince(asked: BackfillRequested, toldAt: Date): BackfillRequested {
  const isBehind = Date.parse(asked.requestedAt) < toldAt.getTime() - clockSlackMs;
  return isBehind ? { ...asked, requestedAt: toldAt.toISOString() } : asked;
}

/** A track or a request, asked for no later than that. */
export function askedWithin<T extends TrackAccepted | Request>(asked: T, toldAt: Date): T {
  if (asked.type === "Request") return { ...asked, requestedAt: askedBy(asked.requestedAt, toldAt) };
  const request = askedWithin(asked.request, toldAt);
  return { ...asked, request, acceptedAt: askedBy(asked.acceptedAt, toldAt) };
}

/** What an outcome says. @param toldAt by the clock of the queue that brought it, or of the storage that kept it. */
export function toldOutcomeFacts(message: StepOutcome, toldAt: Date): Facts {
  const { requestId } = message;
  const attempt = attemptWithin(message.attempt, { requestId, toldAt });
  const facts = outcomeFacts({ ...message, attempt, ...madeWithin(message, attempt, toldAt) });
  if (!isAhead(message.attempt, toldAt)) return facts;
  return { ...facts, attempts: facts.attempts.map((row) => ({ ...row, wasAhead: true })) };
}

/** What an attempt has made was made when it was over, by its record, too. */
function madeWithin(
  { madeAt, attempt: told }: StepOutcome,
  attempt: Attempt,
  toldAt: Date,
): Pick<StepOutcome, "madeAt"> {
  if (madeAt === undefined) return {};
  return { madeAt: madeAt === told.finishedAt ? attempt.finishedAt : askedBy(madeAt, toldAt) };
}

/** Of those whose clocks were ahead, which are told at another time each time, the first time that each was told. */
export function asToldFirst(
  attempts: readonly AttemptRow[],
  told: readonly ToldAttemptRow[],
): readonly AttemptRow[] {
  const ahead = new Set(told.flatMap((row) => (row.wasAhead ? [twinKey(row)] : [])));
  if (ahead.size === 0) return attempts;
  const first = new Map<string, number>();
  for (const row of attempts) {
    const endMs = Date.parse(row.finished_at);
    first.set(twinKey(row), Math.min(endMs, first.get(twinKey(row)) ?? endMs));
  }
  return attempts.filter(
    (row) => !ahead.has(twinKey(row)) || Date.parse(row.finished_at) === first.get(twinKey(row)),
  );
}

/** All but the times. */
function twinKey({ track_id, request_id, step, address, worker, status, how, ...used }: AttemptRow): string {
  const { duration_ms, cpu_ms } = used;
  return JSON.stringify([track_id, request_id, step, address, worker, status, how, duration_ms, cpu_ms]);
}

/** A record with the times of its attempts. Each has followed the one before it. */
export interface RecordWithin {
  readonly record: ArtifactRecord;
  /** When those began, as they are now, whose clocks were ahead. */
  readonly ahead: ReadonlySet<string>;
}

export function recordWithin(record: ArtifactRecord, readAt: Date): RecordWithin {
  const { laterFailure, attempt, firstAttempt, requestId = null } = record;
  const ahead = new Set<string>();
  let toldAt = readAt;
  const move = (made: Attempt, madeFor: string | null): Attempt => {
    const moved = attemptWithin(made, { requestId: madeFor, toldAt });
    if (isAhead(made, toldAt)) ahead.add(moved.startedAt);
    toldAt = new Date(Math.min(toldAt.getTime(), Date.parse(moved.startedAt)));
    return moved;
  };
  // From the last one on: a record names the request of that.
  const later = laterFailure && { ...laterFailure, attempt: move(laterFailure.attempt, requestId) };
  const holding = attempt && move(attempt, later ? null : requestId);
  const first = firstAttempt && move(firstAttempt, null);
  return {
    record: {
      ...record,
      attempt: holding,
      ...(first ? { firstAttempt: first } : {}),
      ...(later ? { laterFailure: later } : {}),
    },
    ahead,
  };
}

interface Bounds {
  /** Null: nobody knows for whom it was. */
  readonly requestId: string | null;
  readonly toldAt: Date;
}

function attemptWithin(attempt: Attempt, { requestId, toldAt }: Bounds): Attempt {
  const startMs = Date.parse(attempt.startedAt);
  const endMs = Date.parse(attempt.finishedAt);
  if (isAhead(attempt, toldAt)) return moveAttempt(attempt, toldAt.getTime() - endMs);
  const lateMs = requestId === null ? 0 : acceptedAtMs(requestId) - startMs;
  // Where it would be over after it was told, it is the clock of whoever has taken the request that is wrong.
  if (lateMs <= clockSlackMs || endMs + lateMs > toldAt.getTime()) return attempt;
  return moveAttempt(attempt, lateMs);
}

function isAhead({ finishedAt }: Attempt, toldAt: Date): boolean {
  return Date.parse(finishedAt) > toldAt.getTime() + clockSlackMs;
}
