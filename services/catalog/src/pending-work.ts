/**
 * What of a track was asked for again and has not been answered: as with what holds, a function of the facts alone.
 *
 * An attempt answers what was asked before it began: one of the version that was asked for or of a later one, and for a forced step
 * one that did not just find the result there. Success or failure, both are answers; so is the failure of a step that it needs.
 */
import type { Chain } from "@segue/chain";
import type { Recomputing, StepSpec } from "@segue/contracts";
import { z } from "zod";
import type { DerivedStep } from "./derive-step.ts";
import type { AttemptRow } from "./rows.ts";

/** Workers' clocks may be behind ours. */
const clockSlackMs = 1_000;

const Versions = z.record(z.string(), z.int());

/** A replay of a track: what is there is found there, unless it is forced. */
export const KnownReplay = z.object({
  since: z.string(),
  force: z.array(z.string()),
  versions: Versions,
});
export type KnownReplay = z.infer<typeof KnownReplay>;

/** What a backfill has under way for a track: why each step runs. */
export const KnownBackfill = z.object({
  since: z.string(),
  runs: z.record(z.string(), z.string()),
  versions: Versions,
});
export type KnownBackfill = z.infer<typeof KnownBackfill>;

interface Asked {
  readonly step: string;
  readonly since: string;
  readonly version: number | null;
  readonly reason: Recomputing["reason"];
}

export interface AskedTrack {
  readonly wants: readonly string[];
  readonly attempts: readonly AttemptRow[];
  readonly replays: readonly KnownReplay[];
  readonly backfills: readonly KnownBackfill[];
}

/** Step to what is recomputed of it; of several requests the first. */
export function findRecomputing(
  track: AskedTrack,
  steps: ReadonlyMap<string, DerivedStep>,
  chain: Chain<StepSpec>,
): ReadonlyMap<string, Recomputing> {
  const asked = [
    ...track.backfills.flatMap(askedByBackfill),
    ...track.replays.flatMap((replay) => askedByReplay(replay, track.wants, steps)),
  ].toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
  const found = new Map<string, Recomputing>();
  for (const each of asked) {
    if (found.has(each.step) || isAnswered(each, track.attempts, chain)) continue;
    const { step, version, reason } = each;
    found.set(step, { since: new Date(each.since).toISOString(), version, reason });
  }
  return found;
}

/** Whether every wanted step has answered a replay: nothing is to be known of it any more. */
export function isReplayOver(replay: KnownReplay, track: AskedTrack, chain: Chain<StepSpec>): boolean {
  return track.wants.every((step) =>
    isAnswered(
      { step, since: replay.since, version: null, reason: reasonOf(replay, step) },
      track.attempts,
      chain,
    ),
  );
}

function askedByBackfill({ since, runs, versions }: KnownBackfill): Asked[] {
  return Object.entries(runs).map(([step, reason]) => ({
    step,
    since,
    version: versions[step] ?? null,
    reason,
  }));
}

function askedByReplay(
  replay: KnownReplay,
  wants: readonly string[],
  steps: ReadonlyMap<string, DerivedStep>,
): Asked[] {
  return wants.flatMap((step): Asked[] => {
    const holding = steps.get(step)?.holding;
    // Whatever version gets it answers it.
    const asked = { step, since: replay.since, version: null };
    if (replay.force.includes(step)) return [{ ...asked, reason: "forced" }];
    if (holding?.status !== "succeeded") return [{ ...asked, reason: "missing" }];
    return holding.version < (replay.versions[step] ?? 0) ? [{ ...asked, reason: "version" }] : [];
  });
}

function reasonOf({ force }: KnownReplay, step: string): Recomputing["reason"] {
  return force.includes(step) ? "forced" : "missing";
}

function isAnswered(asked: Asked, attempts: readonly AttemptRow[], chain: Chain<StepSpec>): boolean {
  const sinceMs = Date.parse(asked.since) - clockSlackMs;
  const since = attempts.filter(({ started_at }) => Date.parse(started_at) >= sinceMs);
  const answers = ({ step, version, how }: AttemptRow) =>
    step === asked.step &&
    version >= (asked.version ?? 0) &&
    (asked.reason !== "forced" || how !== "skipped");
  if (since.some(answers)) return true;
  const spec = chain.steps.find(({ name }) => name === asked.step);
  // A step that this chain doesn't have any more will never come.
  if (!spec) return true;
  return [...chain.ancestorsOf(spec)].some(({ name }) => {
    const own = since.filter(({ step }) => step === name);
    return own.length > 0 && own.every(({ status }) => status === "failed");
  });
}
