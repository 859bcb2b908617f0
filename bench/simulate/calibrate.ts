import { type Scenario, type SimulatedService, servicesOf, simulate } from "@segue/scaling/simulate";
import type { Fleet } from "@segue/step";
import type { Made } from "./measure.ts";

/** What was measured of tracks that came one at a time: all that the simulation is told of the machine. */
export interface Calibration {
  readonly services: readonly SimulatedService[];
  readonly beside: Scenario["beside"];
  /** CPU of every process for a track, in s. */
  readonly trackCpuSec: number;
}

/** @param lone tracks none of which had to wait for another one. */
export function calibrate(fleet: Fleet, lone: Made, machineCores: number): Calibration {
  const attempts = attemptsOf(lone);
  const services = servicesOf(fleet).map((service) => ({
    ...service,
    settings: { ...service.settings, minReplicas: 1, maxReplicas: 1 },
    steps: service.steps.map((step) => {
      const own = step.name.split("+").flatMap((name) => attempts.get(name) ?? []);
      const cpuSec = sum(own.map((each) => each.cpuSec));
      const wallSec = sum(own.map((each) => each.wallSec));
      // What waits for its disk or its children's uses less than a core.
      return { ...step, cpuSec, width: Math.min(machineCores, cpuSec / wallSec) };
    }),
  }));
  const trackCpuSec = lone.cpuSec / lone.tracks.length;
  const steps = services.flatMap((service) => service.steps);
  const stepsCpuSec = sum(steps.map(({ cpuSec }) => cpuSec));
  const cpuSec = Math.max(0, (trackCpuSec - stepsCpuSec) / steps.length);
  const meanSec = sum(lone.latencySec) / lone.latencySec.length;
  return { services, trackCpuSec, beside: findBeside({ services, machineCores }, cpuSec, meanSec) };
}

/** Means over tracks, by step. */
function attemptsOf({ tracks }: Made) {
  const found = new Map<string, { cpuSec: number; wallSec: number }>();
  for (const { steps } of tracks)
    for (const { step, attempt } of steps) {
      const mean = found.get(step) ?? { cpuSec: 0, wallSec: 0 };
      mean.cpuSec += (attempt?.cpuMs ?? 0) / 1_000 / tracks.length;
      mean.wallSec += (attempt?.durationMs ?? 0) / 1_000 / tracks.length;
      found.set(step, mean);
    }
  return found;
}

/** How much of what is beside an attempt a track waits for, so that a lone one takes as long as it did; and for what else, if it took longer. */
function findBeside(
  given: Pick<Scenario, "services" | "machineCores">,
  cpuSec: number,
  meanSec: number,
): Scenario["beside"] {
  const apartSec = 1_000;
  const arrivedAtSec = Array.from({ length: 200 }, (_, index) => (index + 1) * apartSec);
  const isTooLong = (beside: Scenario["beside"]) =>
    simulate({ ...quiet, ...given, beside, arrivedAtSec }).latencySec.mean > meanSec;
  if (isTooLong({ sec: 0, cpuSec, awaited: 1 })) {
    const awaited = leastTooLong(1, (share) => isTooLong({ sec: 0, cpuSec, awaited: share }));
    return { sec: 0, cpuSec, awaited };
  }
  return { sec: leastTooLong(5, (sec) => isTooLong({ sec, cpuSec, awaited: 1 })), cpuSec, awaited: 1 };
}

function leastTooLong(most: number, isTooLong: (value: number) => boolean): number {
  let [low, high] = [0, most];
  for (let look = 0; look < 16; look++) {
    const middle = (low + high) / 2;
    if (isTooLong(middle)) high = middle;
    else low = middle;
  }
  return low;
}

/** Nothing but what a scenario adds. */
export const quiet = {
  arrivalsPerSec: () => 0,
  durationSec: 0,
  nodes: { startSec: 0, preemptionsPerHour: 0, noticeSec: 0, leaseSec: 60 },
  seed: 1,
} satisfies Partial<Scenario>;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
