/**
 * What holds for a track, as a function of the set of facts that are known of it: neither their order nor how often
 * each came matters.
 *
 * - Of a step's attempts, those at its current address count: that of the highest version, and among equals of the
 *   latest attempt (a step whose params or model changed has a new address at the same version).
 * - Of these, success beats failure, work beats finding the result there, and then the earliest holds.
 * - A wanted step without an outcome of its own is blocked by every failed step that it depends on.
 * - When every wanted step has come to an end, so has the track.
 */

import type { TrackState } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { AttemptRow } from "./rows.ts";

export type OutcomeRow =
  | (AttemptRow & { readonly blocked_by: readonly [] })
  | {
      readonly track_id: string;
      readonly step: string;
      readonly status: "blocked";
      readonly blocked_by: readonly string[];
    };

export interface DerivedTrack {
  readonly state: TrackState;
  /** Of the last step, once all have ended. */
  readonly finishedAt: string | null;
  readonly outcomes: readonly OutcomeRow[];
}

export interface KnownTrack {
  readonly id: string;
  readonly wants: readonly string[];
  readonly targets: readonly string[];
}

export function deriveTrack(
  track: KnownTrack,
  attempts: readonly AttemptRow[],
  chain: Chain<StepSpec>,
): DerivedTrack {
  const wants = [...new Set(track.wants)];
  const current = new Map<string, AttemptRow>();
  for (const step of wants) {
    const attempt = currentAttempt(attempts.filter((other) => other.step === step));
    if (attempt) current.set(step, attempt);
  }
  const failed = wants.filter((step) => current.get(step)?.status === "failed");
  const outcomes: OutcomeRow[] = [];
  for (const step of wants) {
    const attempt = current.get(step);
    if (attempt) {
      outcomes.push({ ...attempt, blocked_by: [] });
      continue;
    }
    const blockers = failed.filter((name) => dependsOn(chain, step, name));
    if (blockers.length > 0) {
      outcomes.push({ track_id: track.id, step, status: "blocked", blocked_by: blockers });
    }
  }
  if (outcomes.length < wants.length) {
    return { state: current.size === 0 ? "accepted" : "processing", finishedAt: null, outcomes };
  }
  const ended = [...current.values()];
  const latest = ended.map((attempt) => Date.parse(attempt.finished_at)).reduce((a, b) => Math.max(a, b), 0);
  return {
    state: finalState(track, ended, failed.length > 0),
    finishedAt: ended.length > 0 ? new Date(latest).toISOString() : null,
    outcomes,
  };
}

function finalState(track: KnownTrack, ended: readonly AttemptRow[], anyFailed: boolean): TrackState {
  if (!anyFailed) return "done";
  const reached = new Set(
    ended.filter((attempt) => attempt.status === "succeeded").map((attempt) => attempt.kind),
  );
  return track.targets.some((target) => reached.has(target)) ? "partial" : "failed";
}

/** A step that this chain doesn't have any more depends on nothing that is known. */
function dependsOn(chain: Chain<StepSpec>, step: string, on: string): boolean {
  const known = chain.steps.find((other) => other.name === step);
  return known !== undefined && [...chain.ancestorsOf(known)].some((ancestor) => ancestor.name === on);
}

function currentAttempt(attempts: readonly AttemptRow[]): AttemptRow | undefined {
  const latest = pick(
    attempts,
    (a, b) => b.version - a.version || compareInstants(b.finished_at, a.finished_at),
  );
  return pick(
    attempts.filter((attempt) => attempt.version === latest?.version && attempt.address === latest.address),
    (a, b) =>
      Number(a.status === "failed") - Number(b.status === "failed") ||
      howRank(a) - howRank(b) ||
      compareInstants(a.finished_at, b.finished_at),
  );
}

function howRank({ how }: AttemptRow): number {
  return how === "computed" ? 0 : how === "skipped" ? 1 : 2;
}

/** The first by an order; whatever is left equal is told apart by the attempt's own identity. */
function pick(
  attempts: readonly AttemptRow[],
  order: (a: AttemptRow, b: AttemptRow) => number,
): AttemptRow | undefined {
  return attempts.toSorted((a, b) => order(a, b) || compareText(identity(a), identity(b)))[0];
}

function identity(attempt: AttemptRow): string {
  return `${attempt.address} ${attempt.worker} ${Date.parse(attempt.started_at)}`;
}

function compareInstants(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
