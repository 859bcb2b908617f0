/**
 * What of a track was asked for again and has not been answered: as with what holds, a function of the facts alone.
 *
 * An attempt answers the request that it was made for, and what was asked before it began: one of the version that was asked for or of a later one, and for a forced step
 * one that did not just find the result there. Success or failure, both are answers; so is the failure of a step that it needs.
 */
import { type Chain, needsOf } from "@segue/chain";
import { fetchStep, kindsOf, type Recomputing, type StepSpec } from "@segue/contracts";
import type { DerivedStep } from "./derive-step.ts";
import type { KnownRequest } from "./known-request.ts";
import type { AttemptRow } from "./rows.ts";
import { clockSlackMs } from "./told-times.ts";

interface Asked {
  readonly requestId: string;
  readonly step: string;
  readonly since: string;
  readonly version: number | null;
  readonly reason: Recomputing["reason"];
}

export interface AskedTrack {
  readonly requests: readonly KnownRequest[];
  readonly attempts: readonly AttemptRow[];
}

/** Step to what is recomputed of it; of several requests the first. */
export function findRecomputing(
  { requests, attempts }: AskedTrack,
  steps: ReadonlyMap<string, DerivedStep>,
  chain: Chain<StepSpec>,
): ReadonlyMap<string, Recomputing> {
  const asked = requests
    .flatMap((request) => askedBy(request, steps, chain))
    .toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
  const found = new Map<string, Recomputing>();
  for (const each of asked) {
    if (found.has(each.step) || isAnswered(each, attempts, chain)) continue;
    const { step, version, reason } = each;
    found.set(step, { since: new Date(each.since).toISOString(), version, reason });
  }
  return found;
}

/** Whether every step has answered a replay: it needs nobody to look after it any more. */
export function isReplayOver(
  { id: requestId, wants, force, requestedAt: since }: KnownRequest,
  attempts: readonly AttemptRow[],
  chain: Chain<StepSpec>,
): boolean {
  return wants.every((step) => {
    const reason = force.includes(step) ? "forced" : "missing";
    return isAnswered({ requestId, step, since, version: null, reason }, attempts, chain);
  });
}

function askedBy(
  request: KnownRequest,
  steps: ReadonlyMap<string, DerivedStep>,
  chain: Chain<StepSpec>,
): Asked[] {
  if (request.underWay) return askedByBackfill(request, request.underWay);
  return request.isWatched ? askedByReplay(request, steps, chain) : [];
}

function askedByBackfill(
  { id: requestId, versions }: KnownRequest,
  { since, runs }: NonNullable<KnownRequest["underWay"]>,
): Asked[] {
  return Object.entries(runs).map(([step, reason]) => ({
    ...{ requestId, step, since, reason },
    version: versions[step] ?? null,
  }));
}

/** What is there is found there, unless it is forced, or was planned to be elsewhere. Whatever version gets it answers it. */
function askedByReplay(
  { id: requestId, wants, force, addresses, requestedAt: since }: KnownRequest,
  steps: ReadonlyMap<string, DerivedStep>,
  chain: Chain<StepSpec>,
): Asked[] {
  return wants.flatMap((step): Asked[] => {
    const holding = steps.get(step)?.holding;
    const asked = { requestId, step, since, version: null };
    if (force.includes(step)) return [{ ...asked, reason: "forced" }];
    if (holding?.status !== "succeeded" || lacksOutput(holding, chain))
      return [{ ...asked, reason: "missing" }];
    const planned = addresses[holding.kind] ?? holding.address;
    return planned === holding.address ? [] : [{ ...asked, reason: "version" }];
  });
}

/** Of several outputs, one that the step has got since. */
function lacksOutput({ step, outputs }: AttemptRow, chain: Chain<StepSpec>): boolean {
  const known = chain.steps.find(({ name }) => name === step);
  return outputs !== null && known !== undefined && kindsOf(known).some(({ name }) => !(name in outputs));
}

function isAnswered(asked: Asked, attempts: readonly AttemptRow[], chain: Chain<StepSpec>): boolean {
  const sinceMs = Date.parse(asked.since) - clockSlackMs;
  const since = attempts.filter(
    (attempt) => attempt.request_id === asked.requestId || Date.parse(attempt.started_at) >= sinceMs,
  );
  const answers = ({ step, version, how }: AttemptRow) =>
    step === asked.step &&
    version >= (asked.version ?? 0) &&
    (asked.reason !== "forced" || how !== "skipped");
  if (since.some(answers)) return true;
  if (asked.step === fetchStep) return false;
  const spec = chain.steps.find(({ name }) => name === asked.step);
  // One that is not known here a younger catalog knows, or is about to: what waits for it is nobody else's to end. Where the fleet has lost it, it is given up in time.
  if (!spec) return false;
  return [...needsOf(chain, spec)].some((name) => {
    const own = since.filter(({ step }) => step === name);
    return own.length > 0 && own.every(({ status }) => status === "failed");
  });
}
