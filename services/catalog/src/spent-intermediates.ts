import type { Chain } from "@segue/chain";
import { type Kind, kindsOf, type StepSpec } from "@segue/contracts";
import type { DerivedTrack } from "./derive-track.ts";
import type { AttemptRow, Facts } from "./rows.ts";

export interface TrackAtHand extends Pick<DerivedTrack, "state" | "outcomes"> {
  readonly id: string;
  readonly master: string | null;
  readonly attempts: readonly AttemptRow[];
}

/** An intermediate, and where the record of the step is that has made it. */
export interface Spent {
  readonly master: string;
  readonly address: string;
  readonly madeAt: string;
}

/** Intermediates that were made for tracks which have come to rest with these facts: something has ended, or the track itself was heard of last. */
export function spentIntermediates(
  atHand: readonly TrackAtHand[],
  { attempts, tracks }: Pick<Facts, "attempts" | "tracks">,
  chain: Chain<StepSpec>,
): readonly Spent[] {
  const heardOf = new Set([...attempts.map((attempt) => attempt.track_id), ...tracks.map(({ id }) => id)]);
  return spentBy(
    atHand.filter(({ id }) => heardOf.has(id)),
    chain,
  );
}

/**
 * Intermediates that were made for tracks which are at rest: every wanted step has ended, and none is to be made
 * again. What a step makes together with something that is kept stays as well: to have the one made again would replace the other.
 */
export function spentBy(tracks: readonly TrackAtHand[], chain: Chain<StepSpec>): readonly Spent[] {
  const alone = chain.steps.map(kindsOf).filter((kinds) => kinds.every(isIntermediate));
  const kinds = new Set(alone.flat().map(({ name }) => name));
  const spent = tracks
    .filter(isAtRest)
    .flatMap(({ master, attempts }) =>
      master === null ? [] : attempts.flatMap((made) => intermediatesOf(master, made, kinds)),
    );
  return [...new Map(spent.map((each) => [each.address, each])).values()];
}

function isIntermediate({ retention, payload }: Kind): boolean {
  return retention === "intermediate" && payload !== null;
}

function isAtRest({ state, outcomes }: TrackAtHand): boolean {
  if (state === "accepted" || state === "processing") return false;
  return outcomes.every(({ recomputing }) => recomputing === null);
}

function intermediatesOf(
  master: string,
  { status, kind, address: madeAt, outputs }: AttemptRow,
  kinds: ReadonlySet<string>,
): Spent[] {
  if (status !== "succeeded") return [];
  const made = Object.entries(outputs ?? { [kind]: madeAt });
  return made.flatMap(([name, address]) => (kinds.has(name) ? [{ master, address, madeAt }] : []));
}
