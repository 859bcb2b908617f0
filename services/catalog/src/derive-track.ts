/**
 * What holds for a track, as a function of the set of facts that are known of it: neither their order nor how often
 * each came matters.
 *
 * - What holds of a step is told by its attempts alone: see `deriveStep`.
 * - A wanted step without an attempt is blocked by every step that it depends on and that has failed, be it an upgrade.
 * - When every wanted step has come to an end, so has the track. What is recomputed does not change that: what was there holds.
 * - It has finished when all that was asked for at first had ended for the first time, whatever was asked for later.
 */

import type { TrackState } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { Recomputing, StepSpec } from "@segue/contracts";
import { type DerivedStep, deriveStep, type FailedUpgradeRow } from "./derive-step.ts";
import { findRecomputing, isReplayOver, type KnownBackfill, type KnownReplay } from "./pending-work.ts";
import type { AttemptRow } from "./rows.ts";

interface BesideIt {
  readonly recomputing: Recomputing | null;
  readonly failed_upgrade: FailedUpgradeRow | null;
}

export type OutcomeRow =
  | (AttemptRow & BesideIt & { readonly blocked_by: readonly [] })
  | (BesideIt & {
      readonly track_id: string;
      readonly step: string;
      readonly status: "blocked";
      readonly blocked_by: readonly string[];
    });

export interface DerivedTrack {
  readonly state: TrackState;
  /** Of the last step that was asked for at first, once all of these have ended. */
  readonly finishedAt: string | null;
  readonly outcomes: readonly OutcomeRow[];
  /** Replays that every step has answered. */
  readonly replaysOver: readonly KnownReplay[];
}

export interface KnownTrack {
  readonly id: string;
  readonly wants: readonly string[];
  readonly targets: readonly string[];
  /** Null: what it wants now. */
  readonly askedAtFirst: readonly string[] | null;
  readonly replays: readonly KnownReplay[];
  readonly backfills: readonly KnownBackfill[];
}

export function deriveTrack(
  track: KnownTrack,
  attempts: readonly AttemptRow[],
  chain: Chain<StepSpec>,
): DerivedTrack {
  const wants = [...new Set(track.wants)];
  const steps = new Map<string, DerivedStep>();
  for (const step of wants) {
    const derived = deriveStep(attempts.filter((attempt) => attempt.step === step));
    if (derived) steps.set(step, derived);
  }
  const asked = { ...track, wants, attempts };
  const recomputing = findRecomputing(asked, steps, chain);
  const outcomes = wants.flatMap((step): OutcomeRow[] => {
    const beside = { recomputing: recomputing.get(step) ?? null, failed_upgrade: null };
    const derived = steps.get(step);
    if (derived) {
      const { holding, failedUpgrade } = derived;
      return [{ ...holding, blocked_by: [], ...beside, failed_upgrade: failedUpgrade }];
    }
    const blocked_by = blockersOf(step, steps, chain);
    if (blocked_by.length === 0) return [];
    return [{ track_id: track.id, step, status: "blocked", blocked_by, ...beside }];
  });
  return {
    state: stateOf(track, outcomes, wants.length, steps.size),
    finishedAt: firstEnd(track.askedAtFirst ?? wants, outcomes, steps),
    outcomes,
    replaysOver: track.replays.filter((replay) => isReplayOver(replay, asked, chain)),
  };
}

function stateOf(
  { targets }: KnownTrack,
  outcomes: readonly OutcomeRow[],
  wanted: number,
  attempted: number,
): TrackState {
  if (outcomes.length < wanted) return attempted === 0 ? "accepted" : "processing";
  if (outcomes.every(({ status }) => status === "succeeded")) return "done";
  const reached = new Set(outcomes.flatMap((row) => (row.status === "succeeded" ? [row.kind] : [])));
  return targets.some((target) => reached.has(target)) ? "partial" : "failed";
}

/** Null while one of the steps has not come to an end; or none ever ran. A blocked one ends with what blocks it. */
function firstEnd(
  asked: readonly string[],
  outcomes: readonly OutcomeRow[],
  steps: ReadonlyMap<string, DerivedStep>,
): string | null {
  const ended = new Set(outcomes.map(({ step }) => step));
  if (!asked.every((step) => ended.has(step))) return null;
  const ends = asked.flatMap((step) => steps.get(step)?.firstEndedAtMs ?? []);
  return ends.length > 0 ? new Date(Math.max(...ends)).toISOString() : null;
}

/** A step that this chain doesn't have any more depends on nothing that is known. */
function blockersOf(step: string, steps: ReadonlyMap<string, DerivedStep>, chain: Chain<StepSpec>): string[] {
  const known = chain.steps.find((other) => other.name === step);
  if (!known) return [];
  const needed = new Set([...chain.ancestorsOf(known)].map(({ name }) => name));
  return [...steps].flatMap(([name, { holding, failedUpgrade }]) =>
    needed.has(name) && (holding.status === "failed" || failedUpgrade !== null) ? [name] : [],
  );
}
