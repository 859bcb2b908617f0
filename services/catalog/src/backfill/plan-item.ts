import { type Chain, describeFetchRequest, describeRequest } from "@segue/chain";
import { type Request, requestIdOf, type StepSpec } from "@segue/contracts";
import type { PlannedTrack, Reason } from "@segue/plan";
import type { UnfetchedTrack } from "./read-tracks.ts";

/** What a backfill asks of one track. */
export interface Item {
  readonly request: Request;
  /** Why each step that runs does. */
  readonly runs: Readonly<Record<string, Reason>>;
}

export interface ItemOptions {
  readonly backfillId: string;
  /** What every track is to have. */
  readonly targets: readonly string[];
  readonly now: Date;
}

/**
 * What it asks of a track whose source has still to be fetched: that first. Undefined where the track wants all of it by itself, and so is
 * made it when it is fetched, and where it can't be.
 */
export function planUnfetched(
  chain: Chain<StepSpec>,
  { id: trackId, owner, wants, isOpen }: UnfetchedTrack,
  { backfillId, targets, now }: ItemOptions,
): Item | undefined {
  const steps = chain.wantsFor(targets);
  if (!isOpen || steps.every(({ name }) => wants.includes(name))) return undefined;
  const request = describeFetchRequest({
    requestId: requestIdOf(backfillId, trackId),
    trackId,
    owner,
    cause: "backfill",
    targets: [...targets],
    wants: steps.map(({ name }) => name),
    versions: versionsOf(steps),
    priority: "backfill",
    backfillId,
    requestedAt: now.toISOString(),
  });
  return { request, runs: Object.fromEntries(steps.map(({ name }) => [name, "missing"])) };
}

/** What an older worker makes is not what was asked for. */
function versionsOf(steps: readonly StepSpec[]): Request["versions"] {
  return Object.fromEntries(steps.map(({ name, version }) => [name, version]));
}

/**
 * Undefined where nothing is to be done. Its steps are in the chain's order: what runs, all that it needs, and what the track did
 * not want before.
 */
export function planItem(
  chain: Chain<StepSpec>,
  { id: trackId, owner, master, plan, wants }: PlannedTrack,
  { backfillId, targets, now }: ItemOptions,
): Item | undefined {
  const needed = chain.wantsFor(targets).map(({ name }) => name);
  const added = needed.filter((step) => !wants.includes(step));
  if (plan.runs.size === 0 && added.length === 0) return undefined;
  const touched = [...plan.runs.keys(), ...added].map((name) => chain.step(name));
  const path = new Set(touched.flatMap((step) => [step, ...chain.ancestorsOf(step)]));
  const steps = chain.steps.filter((step) => path.has(step));
  const request = describeRequest(chain, {
    requestId: requestIdOf(backfillId, trackId),
    trackId,
    owner,
    master,
    cause: "backfill",
    targets: [...targets],
    wants: steps.map(({ name }) => name),
    force: [...plan.runs].flatMap(([step, why]) => (why === "forced" ? [step] : [])),
    versions: versionsOf(steps),
    priority: "backfill",
    backfillId,
    requestedAt: now.toISOString(),
  });
  return { request, runs: Object.fromEntries(plan.runs) };
}
