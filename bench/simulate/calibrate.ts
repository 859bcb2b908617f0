import { type Scenario, type SimulatedService, servicesOf, simulate } from "@segue/scaling/simulate";
import type { Fleet } from "@segue/step";
import type { Made } from "./measure.ts";
import { type KnownFleet, playAs, quiet } from "./play.ts";

/** All that the simulation is told. */
export interface Calibration extends Required<KnownFleet> {
  /** CPU of every process for a track, in s. */
  readonly trackCpuSec: number;
}

/**
 * @param lone tracks none of which had to wait for another one.
 * @param burst some that came at once: what it costs that they are in each other's way.
 */
export function calibrate(fleet: Fleet, lone: Made, burst: Made, cores: number): Calibration {
  const attempts = attemptsOf(lone);
  const services = servicesOf(fleet).map((service) => ({
    ...service,
    settings: { ...service.settings, minReplicas: 1, maxReplicas: 1 },
    steps: service.steps.map((step) => {
      const own = step.name.split("+").flatMap((name) => attempts.get(name) ?? []);
      const cpuSec = sum(own.map((each) => each.cpuSec));
      const wallSec = sum(own.map((each) => each.wallSec));
      // What waits for its disk or its children's uses less than a core.
      return { ...step, cpuSec, width: Math.min(cores, cpuSec / wallSec) };
    }),
  }));
  const trackCpuSec = lone.cpuSec / lone.tracks.length;
  const known = (gain: number): Required<KnownFleet> => {
    const machine = { cores, gain };
    return { services, machine, beside: findBeside(services, machine, trackCpuSec, lone) };
  };
  const isTooFast = (gain: number) => playAs(known(gain), burst).perMinute > burstPerMinute;
  const burstPerMinute = (60 * burst.tracks.length) / burst.tookSec;
  const gain = isTooFast(1) ? mostUntil(1, isTooFast) : 1;
  return { ...known(gain), trackCpuSec };
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
  services: readonly SimulatedService[],
  machine: NonNullable<Scenario["machine"]>,
  trackCpuSec: number,
  lone: Made,
): Scenario["beside"] {
  const steps = services.flatMap((service) => service.steps);
  const cpuSec = Math.max(0, (trackCpuSec - sum(steps.map((step) => step.cpuSec))) / steps.length);
  const meanSec = sum(lone.latencySec) / lone.latencySec.length;
  const apartSec = 1_000;
  const arrivedAtSec = Array.from({ length: 200 }, (_, index) => (index + 1) * apartSec);
  const isTooLong = (beside: Scenario["beside"]) =>
    simulate({ ...quiet, services, machine, beside, arrivedAtSec }).latencySec.mean > meanSec;
  if (isTooLong({ sec: 0, cpuSec, awaited: 1 })) {
    const awaited = mostUntil(1, (share) => isTooLong({ sec: 0, cpuSec, awaited: share }));
    return { sec: 0, cpuSec, awaited };
  }
  return { sec: mostUntil(5, (sec) => isTooLong({ sec, cpuSec, awaited: 1 })), cpuSec, awaited: 1 };
}

/** The highest value from 0 on, nearly, that is not too high yet. */
function mostUntil(most: number, isTooHigh: (value: number) => boolean): number {
  let [low, high] = [0, most];
  for (let look = 0; look < 12; look++) {
    const middle = (low + high) / 2;
    if (isTooHigh(middle)) high = middle;
    else low = middle;
  }
  return low;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
