import type { Tempo } from "@segue/contracts";
import type { z } from "zod";

export type TempoFacts = z.output<typeof Tempo.facts>;

/** When beats are, in seconds, ascending, in whichever of the two forms they are told. */
export function beatsOf({ beatsSec, beatStepsMs }: Pick<TempoFacts, "beatsSec" | "beatStepsMs">): number[] {
  if (beatStepsMs === undefined) return [...beatsSec];
  let atMs = 0;
  return beatStepsMs.map((stepMs) => {
    atMs += stepMs;
    return atMs / 1_000;
  });
}

/** Those of ascending times that lie between two. */
export function between(timesSec: readonly number[], fromSec: number, toSec: number): number[] {
  return timesSec.slice(lowerBound(timesSec, fromSec), lowerBound(timesSec, toSec));
}

/** How many are before a time. */
function lowerBound(timesSec: readonly number[], sec: number): number {
  let [low, high] = [0, timesSec.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesSec[middle] ?? 0) < sec) low = middle + 1;
    else high = middle;
  }
  return low;
}
