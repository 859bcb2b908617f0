import { type Scenario, type SimulatedFleet, simulate } from "@segue/scaling/simulate";
import type { Made } from "./measure.ts";

/** What a bench compares of tracks that were made. */
export interface Figures {
  readonly perMinute: number;
  readonly meanSec: number;
  readonly medianSec: number;
  readonly p95Sec: number;
}

/** @param tookSec until the last of them was done. */
export function figuresOf(
  tracks: number,
  tookSec: number,
  { mean, p50, p95 }: SimulatedFleet["latencySec"],
): Figures {
  return { perMinute: (60 * tracks) / tookSec, meanSec: mean, medianSec: p50, p95Sec: p95 };
}

/** As often as a scenario is played: one run of chance says little. */
const plays = 20;
/** By then the workers of a simulated fleet are up. */
const settleSec = 60;

/** Gives a simulated fleet what a running one was given, at the same times. @returns means over plays. */
export function playAs(known: KnownFleet, made: Made, nodes: Scenario["nodes"] = quiet.nodes): Figures {
  const later = (atSec: readonly number[]) => atSec.map((at) => at + settleSec);
  const played = Array.from({ length: plays }, (_, index) => {
    const { tracks, tookSec, latencySec } = simulate({
      ...quiet,
      ...known,
      nodes,
      arrivedAtSec: later(made.arrivedAtSec),
      takenAtSec: new Map([...made.takenAtSec].map(([service, atSec]) => [service, later(atSec)])),
      seed: index + 1,
    });
    return figuresOf(tracks, tookSec - settleSec, latencySec);
  });
  const mean = (figure: keyof Figures) => played.reduce((sum, each) => sum + each[figure], 0) / played.length;
  return {
    perMinute: mean("perMinute"),
    meanSec: mean("meanSec"),
    medianSec: mean("medianSec"),
    p95Sec: mean("p95Sec"),
  };
}

/** What a simulation is told of a fleet and its machine. */
export type KnownFleet = Pick<Scenario, "services" | "beside" | "machine" | "spread">;

/** Nothing but what a scenario adds. */
export const quiet = {
  arrivalsPerSec: () => 0,
  durationSec: 0,
  nodes: { startSec: 0, preemptionsPerHour: 0, noticeSec: 0, leaseSec: 10 },
  seed: 1,
} satisfies Partial<Scenario>;
