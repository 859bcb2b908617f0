/**
 * What holds for a track, as a function of the set of facts that are known of it: neither their order nor how often
 * each came matters.
 *
 * - What it wants, and what its targets are, is the union of what its requests ask for. What has become a rendering since is not waited for.
 * - What holds of a step is told by its attempts alone: see `deriveStep`.
 * - Which master it has is what its fetch has brought, where it did not come with its bytes: of several fetches all have brought the same.
 * - A wanted step without an attempt is blocked by every step that it depends on and that has failed, be it an upgrade.
 * - When every wanted step has come to an end, so has the track. What is recomputed does not change that: what was there holds.
 * - It has finished when all that was asked for at first had ended for the first time, whatever was asked for later.
 */

import type { TrackState } from "@segue/catalog-db";
import { addressOf, type Chain, inputAddresses, needsOf } from "@segue/chain";
import { fetchStep, Master, type Recomputing, type StepSpec } from "@segue/contracts";
import { type DerivedStep, deriveStep, type FailedUpgradeRow } from "./derive-step.ts";
import { askedAtFirst, type KnownRequest, unionOf } from "./known-request.ts";
import { findRecomputing, isReplayOver } from "./pending-work.ts";
import type { AttemptRow } from "./rows.ts";
import { withoutReplaced } from "./without-replaced.ts";

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
  /** As its fetch has brought it; null where it has not, or the track came with its bytes. */
  readonly master: string | null;
  readonly targets: readonly string[];
  readonly wants: readonly string[];
  readonly state: TrackState;
  /** Of the last step that was asked for at first, once all of these have ended. */
  readonly finishedAt: string | null;
  readonly outcomes: readonly OutcomeRow[];
  /** Requests that are replays, and that every step has answered. */
  readonly replaysOver: readonly string[];
}

export interface KnownTrack {
  readonly id: string;
  /** As it came with; null or left out: its fetch tells. */
  readonly master?: string | null;
  /** In the order in which they were made. */
  readonly requests: readonly KnownRequest[];
}

export function deriveTrack(
  track: KnownTrack,
  attempts: readonly AttemptRow[],
  chain: Chain<StepSpec>,
): DerivedTrack {
  const requests = withoutReplaced(track.requests, attempts, chain);
  const wants = unionOf(requests, "wants");
  const targets = unionOf(requests, "targets");
  const steps = deriveSteps(track, wants, attempts, chain);
  const recomputing = findRecomputing({ requests, attempts }, steps, chain);
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
  const isOver = (request: KnownRequest) =>
    request.cause === "replay" && isReplayOver(request, attempts, chain);
  const fetched = steps.get(fetchStep)?.holding;
  return {
    master: fetched?.status === "succeeded" ? fetched.address : null,
    targets,
    wants,
    state: stateOf(targets, outcomes, wants.length, steps.size),
    finishedAt: firstEnd(askedAtFirst(requests), outcomes, steps),
    outcomes,
    replaysOver: requests.filter(isOver).map(({ id }) => id),
  };
}

/** Each after those that it depends on: of several results of the same version the one holds that was made of what holds of them. */
function deriveSteps(
  track: KnownTrack,
  wants: readonly string[],
  attempts: readonly AttemptRow[],
  chain: Chain<StepSpec>,
): ReadonlyMap<string, DerivedStep> {
  const steps = new Map<string, DerivedStep>();
  const ofChain = chain.steps.filter(({ name }) => wants.includes(name));
  const others = wants.filter((want) => !ofChain.some(({ name }) => name === want));
  const holding = new Map<string, string>(track.master ? [[Master.name, track.master]] : []);
  for (const name of [...others, ...ofChain.map((step) => step.name)]) {
    const step = ofChain.find((one) => one.name === name);
    const derived = deriveStep(
      attempts.filter((attempt) => attempt.step === name),
      () => step && plannedAddress(step, holding),
    );
    if (!derived) continue;
    steps.set(name, derived);
    const { outputs, kind, address } = derived.holding;
    for (const [made, at] of Object.entries(outputs ?? { [kind]: address })) holding.set(made, at);
  }
  return steps;
}

/** Undefined where it is not known of all of its inputs which hold. */
function plannedAddress(step: StepSpec, holding: ReadonlyMap<string, string>): string | undefined {
  const isKnown = Object.values(step.consumes).every(({ name }) => holding.has(name));
  return isKnown ? addressOf(step, inputAddresses(step, holding)) : undefined;
}

function stateOf(
  targets: readonly string[],
  outcomes: readonly OutcomeRow[],
  wanted: number,
  attempted: number,
): TrackState {
  if (outcomes.length < wanted) return attempted === 0 ? "accepted" : "processing";
  if (outcomes.every(({ status }) => status === "succeeded")) return "done";
  const reached = new Set(outcomes.flatMap((row) => (row.status === "succeeded" ? kindsIn(row) : [])));
  return targets.some((target) => reached.has(target)) ? "partial" : "failed";
}

function kindsIn({ kind, outputs }: AttemptRow): string[] {
  return outputs === null ? [kind] : Object.keys(outputs);
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
  const needed = needsOf(chain, known);
  return [...steps].flatMap(([name, { holding, failedUpgrade }]) =>
    needed.has(name) && (holding.status === "failed" || failedUpgrade !== null) ? [name] : [],
  );
}
