import type { TrackResource } from "@segue/contracts";
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
  const attempts = new Map(
    servicesOf(fleet).flatMap(({ steps }) =>
      steps.map(({ name }) => [name, attemptsOf(lone, burst, new Set(name.split("+")))] as const),
    ),
  );
  const services = servicesOf(fleet).map((service) => ({
    ...service,
    settings: { ...service.settings, minReplicas: 1, maxReplicas: 1 },
    steps: service.steps.map((step) => {
      const { cpuSec = 0, width = 1 } = attempts.get(step.name) ?? {};
      return { ...step, cpuSec, width: Math.min(cores, width) };
    }),
  }));
  const spread = spreadOf([...attempts.values()]);
  const trackCpuSec = burst.cpuSec / burst.tracks.length;
  const known = (yields: number): Required<KnownFleet> => {
    const machine = { cores, yields };
    return { services, machine, spread, beside: findBeside(services, machine, spread, trackCpuSec, lone) };
  };
  const isTooFast = (yields: number) => playAs(known(yields), burst).perMinute > burstPerMinute;
  const burstPerMinute = (60 * burst.tracks.length) / burst.tookSec;
  const yields = isTooFast(cores) ? mostUntil(cores, isTooFast) : cores;
  return { ...known(yields), trackCpuSec };
}

interface Attempts {
  /** Of each in the burst: a lone track finds caches cold and cores asleep, and takes more. */
  readonly cpuSecs: readonly number[];
  /** Their mean. */
  readonly cpuSec: number;
  /** Cores that one uses that nothing is in the way of. What it waits for is others' computing for it, which counts beside it: no less than one. */
  readonly width: number;
}

/** Of attempts that make some steps, which may be at work side by side. */
function attemptsOf(lone: Made, burst: Made, steps: ReadonlySet<string>): Attempts {
  const alone = lone.tracks.map((track) => attemptOf(track, steps));
  const cpuSecs = burst.tracks.map((track) => attemptOf(track, steps).cpuSec);
  const width = sum(alone.map(({ cpuSec }) => cpuSec)) / sum(alone.map(({ wallSec }) => wallSec));
  return { cpuSecs, cpuSec: sum(cpuSecs) / cpuSecs.length, width: Math.max(1, width) };
}

function attemptOf(track: TrackResource, steps: ReadonlySet<string>) {
  const attempts = track.steps.flatMap(({ step, attempt }) => (steps.has(step) && attempt ? [attempt] : []));
  const beganAtMs = Math.min(...attempts.map(({ startedAt }) => Date.parse(startedAt)));
  const endedAtMs = Math.max(...attempts.map(({ finishedAt }) => Date.parse(finishedAt)));
  return {
    cpuSec: sum(attempts.map(({ cpuMs }) => (cpuMs ?? 0) / 1_000)),
    wallSec: (endedAtMs - beganAtMs) / 1_000,
  };
}

/** How far attempts of a step differ, those that take longer counting for more: the tracks of a bench are of one length, those of a catalog are not. */
function spreadOf(attempts: readonly Attempts[]): number {
  const squares = attempts.map(({ cpuSec, cpuSecs }) => {
    const logs = cpuSecs.map((each) => Math.log(each / cpuSec));
    return (cpuSec * sum(logs.map((log) => log ** 2))) / logs.length;
  });
  return Math.sqrt(sum(squares) / sum(attempts.map(({ cpuSec }) => cpuSec)));
}

/** How much of what is beside an attempt a track waits for, so that a lone one takes as long as it did; and for what else, if it took longer. */
function findBeside(
  services: readonly SimulatedService[],
  machine: NonNullable<Scenario["machine"]>,
  spread: number,
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
    simulate({ ...quiet, services, machine, spread, beside: beside(sec, awaited), arrivedAtSec }).latencySec
      .mean > meanSec;
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
