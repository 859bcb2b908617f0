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
  const services = servicesOf(fleet).map((service) => ({
    ...service,
    settings: { ...service.settings, minReplicas: 1, maxReplicas: 1 },
    steps: service.steps.map((step) => {
      const { cpuSec, wallSec } = meanAttempt(lone, new Set(step.name.split("+")));
      // What waits for its disk or its children's uses less than a core.
      return { ...step, cpuSec, width: Math.min(cores, cpuSec / wallSec) };
    }),
  }));
  const trackCpuSec = lone.cpuSec / lone.tracks.length;
  const known = (yields: number): Required<KnownFleet> => {
    const machine = { cores, yields };
    return { services, machine, beside: findBeside(services, machine, trackCpuSec, lone) };
  };
  const isTooFast = (yields: number) => playAs(known(yields), burst).perMinute > burstPerMinute;
  const burstPerMinute = (60 * burst.tracks.length) / burst.tookSec;
  const yields = isTooFast(cores) ? mostUntil(cores, isTooFast) : cores;
  return { ...known(yields), trackCpuSec };
}

/** The mean over tracks of an attempt that makes some steps, which may be at work side by side. */
function meanAttempt({ tracks }: Made, steps: ReadonlySet<string>) {
  const mean = { cpuSec: 0, wallSec: 0 };
  for (const track of tracks) {
    const attempts = track.steps.flatMap(({ step, attempt }) =>
      steps.has(step) && attempt ? [attempt] : [],
    );
    const beganAtMs = Math.min(...attempts.map(({ startedAt }) => Date.parse(startedAt)));
    const endedAtMs = Math.max(...attempts.map(({ finishedAt }) => Date.parse(finishedAt)));
    mean.cpuSec += sum(attempts.map(({ cpuMs }) => (cpuMs ?? 0) / 1_000)) / tracks.length;
    mean.wallSec += (endedAtMs - beganAtMs) / 1_000 / tracks.length;
  }
  return mean;
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
  // What an attempt took has fetching and storing in it; what is told afterwards keeps its worker from nothing.
  const beside = (sec: number, awaited: number) => ({ sec, cpuSec, awaited, isApart: true });
  const isTooLong = (sec: number, awaited: number) =>
    simulate({ ...quiet, services, machine, beside: beside(sec, awaited), arrivedAtSec }).latencySec.mean >
    meanSec;
  const [sec, awaited] = isTooLong(0, 1)
    ? [0, mostUntil(1, (share) => isTooLong(0, share))]
    : [mostUntil(5, (more) => isTooLong(more, 1)), 1];
  return beside(sec, awaited);
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
