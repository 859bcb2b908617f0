/**
 * A fleet in virtual time: tracks come in and go from step to step, workers take them from queues, a scaler asks for more or fewer of them, nodes are taken
 * away. What decides how many workers there are is the code that decides it in a cluster (`wantedReplicas`), and the rules of what follows it.
 */
import { wantedReplicas } from "../wanted-replicas.ts";
import { sharedCores } from "./cores.ts";
import { Pool, type SimulatedPool } from "./pool.ts";
import { pollSec } from "./scaler.ts";
import type { Scenario, SimulatedService, SimulatedStep } from "./scenario.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

export interface SimulatedFleet {
  readonly tracks: number;
  /** Until the last track was done, in s. */
  readonly tookSec: number;
  /** From a track's arrival to its last step, in s. */
  readonly latencySec: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly services: readonly SimulatedPool[];
  /** What a scaler saw at each of its looks, and what there was after it. */
  readonly course: readonly SimulatedLook[];
}

export interface SimulatedLook {
  readonly atSec: number;
  /** Of each service, in the order of `services`. */
  readonly replicas: readonly number[];
  /** CPU-seconds of what waited and what was in hand. */
  readonly waitingSec: readonly number[];
}

interface Track {
  readonly arrivedAtSec: number;
  readonly waits: Set<string>;
}

/** Nothing comes to its end any more. */
export class StuckError extends Error {
  override readonly name = "StuckError";
}

/** Of a catalog's tracks, from short to long: seldom below a half or over two of the mean. */
const usualSpread = 0.35;

/** So long nothing may come to its end while something is to be done, in s. */
const leastPatienceSec = 4 * 3_600;

/** In ten times of what an attempt takes, with a worker that has to start for it, one should have come to its end. */
function patienceOf({ services, nodes, beside }: Scenario): number {
  const longestSec = Math.max(
    0,
    ...services.flatMap(({ steps }) => steps.map(({ cpuSec, width = 1 }) => cpuSec / Math.min(1, width))),
  );
  return Math.max(leastPatienceSec, 10 * (nodes.startSec + longestSec + beside.sec));
}

/**
 * The same scenario comes to the same. Tracks are made to their end, however long that takes.
 *
 * @throws {StuckError} where none comes to an end any more, since workers are taken away before they have done anything.
 */
export function simulate(scenario: Scenario): SimulatedFleet {
  const timeline = createTimeline(scenario.seed, scenario.spread ?? usualSpread);
  const steps = scenario.services.flatMap((service) => service.steps);
  const latencies: number[] = [];
  const patienceSec = patienceOf(scenario);
  let open = 0;
  let movedAtSec = 0;
  const onDone = (track: Track, step: SimulatedStep) => {
    movedAtSec = timeline.nowSec;
    track.waits.delete(step.name);
    for (const next of steps)
      if (next.after.includes(step.name) && isReady(track, next)) poolOf.get(next)?.add(track, next);
    if (track.waits.size > 0) return;
    open -= 1;
    latencies.push(timeline.nowSec - track.arrivedAtSec);
  };
  const machine = scenario.machine && sharedCores(timeline, scenario.machine);
  const pools = scenario.services.map((service) => new Pool(service, scenario, timeline, machine, onDone));
  const poolOf = new Map(
    scenario.services.flatMap((service, index) => service.steps.map((step) => [step, pools[index]] as const)),
  );
  const endsAtSec = Math.max(scenario.durationSec, ...(scenario.arrivedAtSec?.slice(-1) ?? []));
  const isOver = () => open === 0 && timeline.nowSec > endsAtSec;
  const followers = followersIn(scenario);
  const course: SimulatedLook[] = [];
  const look = () => {
    if (open > 0 && timeline.nowSec - movedAtSec > patienceSec) throw stuck(scenario, open, patienceSec);
    const waiting = pools.map((pool) => pool.waiting());
    for (const [index, pool] of pools.entries()) {
      const isPassed = followers[index]?.some((at) => (waiting[at]?.attempts ?? 0) > 0);
      const work = waiting[index] ?? nothing;
      const wanted = Math.max(wantedReplicas(work, pool.settings), isPassed ? 1 : 0);
      pool.scale(wanted, wantedReplicas(work, { ...pool.settings, maxReplicas: null }));
    }
    course.push({
      atSec: timeline.nowSec,
      replicas: pools.map((pool) => pool.size),
      waitingSec: waiting.map(({ cpuSec }) => cpuSec),
    });
    timeline.after(pollSec, look);
  };
  const send = () => {
    if (open === 0) movedAtSec = timeline.nowSec;
    open += 1;
    const track: Track = { arrivedAtSec: timeline.nowSec, waits: new Set(steps.map(({ name }) => name)) };
    for (const step of steps) if (isReady(track, step)) poolOf.get(step)?.add(track, step);
  };
  if (scenario.arrivedAtSec) for (const atSec of scenario.arrivedAtSec) timeline.after(atSec, send);
  else sendTracks(scenario, timeline, send);
  look();
  timeline.run(isOver);
  return {
    tracks: latencies.length,
    tookSec: timeline.nowSec,
    latencySec: percentilesOf(latencies),
    services: pools.map((pool) => pool.sum()),
    course,
  };
}

function stuck({ nodes }: Scenario, open: number, patienceSec: number): StuckError {
  const { preemptionsPerHour, startSec } = nodes;
  const hours = (patienceSec / 3_600).toFixed(0);
  return new StuckError(
    `${open} tracks are not done, and in ${hours} h no attempt has come to its end: expected workers to be there for longer than they take to start ` +
      `(${startSec} s) and to do one; they are taken away ${preemptionsPerHour} times an hour`,
  );
}

const nothing = { attempts: 0, cpuSec: 0 };

/** Of each service, the places of those that come after it. */
function followersIn({ services }: Scenario): number[][] {
  return services.map((service) => services.flatMap((other, at) => (comesAfter(other, service) ? [at] : [])));
}

/** Whether a service makes of what another one has made: that one has to be there as long (see `wantedByService`). */
function comesAfter(service: SimulatedService, other: SimulatedService): boolean {
  return service.steps.some(({ after }) => other.steps.some(({ name }) => after.includes(name)));
}

function isReady({ waits }: Track, { after }: SimulatedStep): boolean {
  return !after.some((each) => waits.has(each));
}

/** One after the other, as far apart as chance has it. */
function sendTracks(scenario: Scenario, timeline: Timeline, send: () => void): void {
  const { arrivalsPerSec, durationSec } = scenario;
  const perSec = arrivalsPerSec(timeline.nowSec);
  const inSec = perSec > 0 ? timeline.exponential(perSec) : Number.POSITIVE_INFINITY;
  // What comes by chance is not more likely for having been waited for: by then more may come, or fewer.
  const lookSec = Math.min(inSec, pollSec);
  if (timeline.nowSec + lookSec > durationSec) return;
  timeline.after(lookSec, () => {
    if (inSec <= pollSec) send();
    sendTracks(scenario, timeline, send);
  });
}

/** @param values in any order. */
export function percentilesOf(values: readonly number[]): SimulatedFleet["latencySec"] {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length);
  return { mean, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
