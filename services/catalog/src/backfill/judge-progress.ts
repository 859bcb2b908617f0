import { type Chain, needsOf } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";

/** What has come of a step since it was announced. */
export interface StepEnd {
  readonly step: string;
  readonly version: number;
  readonly status: string;
  /** `skipped`: the result was there; null: the queue itself gave up. */
  readonly how: string | null;
  readonly code: string | null;
}

/** A track under way for a backfill. */
export interface TrackUnderWay {
  readonly trackId: string;
  /** All that was announced as wanted. */
  readonly steps: readonly string[];
  readonly force: readonly string[];
  /** The least version of each step that will do. */
  readonly versions: Readonly<Record<string, number>>;
  readonly ends: readonly StepEnd[];
}

export type Progress =
  | { readonly status: "under-way"; readonly waitingFor: readonly string[] }
  | { readonly status: "succeeded" }
  | {
      readonly status: "failed";
      readonly failures: readonly { readonly step: string; readonly code: string }[];
    };

/**
 * A track has come to its end when every step has an outcome of its own, or waits in vain for one that has failed. A forced
 * step that was skipped was skipped for somebody else. What an older version came to says nothing: while a fleet changes its version,
 * workers of both are at work. Of success and failure, success holds.
 */
export function judgeProgress(track: TrackUnderWay, chain: Chain<StepSpec>): Progress {
  const ends = track.ends.filter(
    ({ step, version, how }) =>
      version >= (track.versions[step] ?? 0) && (how !== "skipped" || !track.force.includes(step)),
  );
  const succeeded = new Set(ends.filter(({ status }) => status === "succeeded").map(({ step }) => step));
  const failed = new Map(
    ends.flatMap(({ step, status, code }) =>
      status === "failed" && !succeeded.has(step) ? [[step, code ?? "step-failed"] as const] : [],
    ),
  );
  const isBlocked = (name: string) => {
    const step = chain.steps.find((other) => other.name === name);
    // A step that this chain doesn't have any more will never come.
    if (!step) return true;
    return [...needsOf(chain, step)].some((needed) => failed.has(needed));
  };
  const waitingFor = track.steps.filter(
    (step) => !succeeded.has(step) && !failed.has(step) && !isBlocked(step),
  );
  if (waitingFor.length > 0) return { status: "under-way", waitingFor };
  if (failed.size === 0) return { status: "succeeded" };
  return { status: "failed", failures: [...failed].map(([step, code]) => ({ step, code })) };
}
