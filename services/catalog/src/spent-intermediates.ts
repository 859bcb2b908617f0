import type { Chain } from "@segue/chain";
import { kindsOf, type StepSpec } from "@segue/contracts";
import type { DerivedTrack } from "./derive-track.ts";
import type { AttemptRow, Facts } from "./rows.ts";

export interface TrackAtHand extends Pick<DerivedTrack, "state" | "outcomes"> {
  readonly id: string;
  readonly attempts: readonly AttemptRow[];
}

/**
 * The addresses of intermediates that were made for tracks which have come to rest with these facts: every wanted step has ended, and none is
 * to be made again. Another track of the same master may be on its way: to it they have expired, as they do anyway, and are made again.
 */
export function spentIntermediates(
  tracks: readonly TrackAtHand[],
  { attempts }: Pick<Facts, "attempts">,
  chain: Chain<StepSpec>,
): readonly string[] {
  const heardOf = new Set(attempts.map((attempt) => attempt.track_id));
  const kinds = new Set(
    chain.steps
      .flatMap(kindsOf)
      .filter(({ retention, payload }) => retention === "intermediate" && payload !== null)
      .map(({ name }) => name),
  );
  const resting = tracks.filter((track) => heardOf.has(track.id) && isAtRest(track));
  return [...new Set(resting.flatMap((track) => track.attempts.flatMap((made) => addressesOf(made, kinds))))];
}

function isAtRest({ state, outcomes }: TrackAtHand): boolean {
  if (state === "accepted" || state === "processing") return false;
  return outcomes.every(({ recomputing }) => recomputing === null);
}

function addressesOf({ status, kind, address, outputs }: AttemptRow, kinds: ReadonlySet<string>): string[] {
  if (status !== "succeeded") return [];
  return Object.entries(outputs ?? { [kind]: address }).flatMap(([name, at]) =>
    kinds.has(name) ? [at] : [],
  );
}
