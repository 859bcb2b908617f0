import { defaultPlacement, type Fleet, isServer } from "@segue/step";
import { declaredCpuSec, replicaSettings } from "../service-figures.ts";
import type { ReplicaSettings } from "../wanted-replicas.ts";

export interface SimulatedStep {
  readonly name: string;
  /** Steps that have to be done before. */
  readonly after: readonly string[];
  /** Of an attempt. */
  readonly cpuSec: number;
  /** Cores that an attempt can use at once: its children's beside its own; 1 if nothing says otherwise. */
  readonly width?: number;
}

export interface SimulatedService {
  readonly name: string;
  readonly steps: readonly SimulatedStep[];
  readonly settings: ReplicaSettings;
}

/** How workers come and go. Times are in s. */
export interface Nodes {
  /** From when a replica is asked for until it takes up work, on a node that is there or comes up for it. */
  readonly startSec: number;
  /** And computing that it takes beside, where that is shared with others; 0 if nothing says otherwise. */
  readonly startCpuSec?: number;
  /** How often a replica's node is taken away, on the mean. */
  readonly preemptionsPerHour: number;
  /** How long what is under way may go on then; 0: it is killed. */
  readonly noticeSec: number;
  /** Whether the next one starts only when it has ended, as under `segue up`; in a cluster it does at once. */
  readonly startsNextWhenGone?: boolean;
  /** So long a lease is, and is extended by: when it has run out, the queue hands out again what nobody gave back. */
  readonly leaseSec: number;
}

export interface Machine {
  readonly cores: number;
  /** What all of them do together, in cores that are by themselves: they share caches and memory. */
  readonly yields: number;
}

export interface Scenario {
  readonly services: readonly SimulatedService[];
  /** Tracks that come in, at a time since the beginning. */
  readonly arrivalsPerSec: (atSec: number) => number;
  /** How long tracks come in; all of them are made to their end. */
  readonly durationSec: number;
  /** Instead: when each came, as it was recorded. */
  readonly arrivedAtSec?: readonly number[];
  /** Instead of by chance: when a worker of a service was taken away, as it was recorded. */
  readonly takenAtSec?: ReadonlyMap<string, readonly number[]>;
  readonly nodes: Nodes;
  /** What an attempt takes beside its own CPU time, in s: it is handed out, its result is stored and told. */
  readonly beside: {
    readonly sec: number;
    /** And of others' CPUs: the queue's, the storage's, the catalog's. It counts where they are on the same machine. */
    readonly cpuSec: number;
    /** Share of that which the track waits for, 0 to 1. */
    readonly awaited: number;
    /** Whether the worker takes up something else meanwhile; by default it has the attempt in hand until its result is told. */
    readonly isApart?: boolean;
  };
  /** How far attempts of a step differ: the standard deviation of the logarithm of their CPU time; 0.35 if nothing says otherwise. */
  readonly spread?: number;
  /** The one machine that all of it is on, as `segue up` has it; by default each attempt has its own cores. */
  readonly machine?: Machine;
  /** Of all that is random. */
  readonly seed: number;
}

/**
 * Services of steps as a fleet has them placed. Steps that are put together in one service by a placement are done in one attempt.
 *
 * @param targets that every track has; by default those that are made where none are named.
 * @param maxReplicas of a service that sets no limit itself, as the chart has it; null: none.
 * @throws {ChainError} for a target that there is not.
 */
export function servicesOf(
  { services, chain, placements }: Fleet,
  targets: readonly string[] = chain.defaultTargets,
  maxReplicas: number | null = null,
): readonly SimulatedService[] {
  const wanted = chain.wantsFor(targets);
  const listed = placements.get(defaultPlacement);
  const simulated = [...services].flatMap(([name, service]) => {
    const settings = isServer(service) ? undefined : replicaSettings(service);
    if (isServer(service) || !settings) return [];
    const hosted = new Set(service.steps.map((step) => step.name));
    const steps = wanted
      .filter((step) => hosted.has(step.name))
      .map((step) => ({
        name: step.name,
        after: [...chain.ancestorsOf(step)].map((before) => before.name),
        cpuSec: declaredCpuSec(service, step.name),
      }));
    if (steps.length === 0) return [];
    const limited = { ...settings, maxReplicas: settings.maxReplicas ?? maxReplicas };
    return [{ name, steps: listed?.has(name) ? steps : [together(steps)], settings: limited }];
  });
  return withJoined(simulated);
}

/** One after the other, by one worker. */
function together(steps: readonly SimulatedStep[]): SimulatedStep {
  const names = new Set(steps.map(({ name }) => name));
  return {
    name: [...names].join("+"),
    after: [...new Set(steps.flatMap(({ after }) => after))].filter((before) => !names.has(before)),
    cpuSec: steps.reduce((sum, { cpuSec }) => sum + cpuSec, 0),
  };
}

/** What comes after one of the steps of an attempt comes after that attempt. */
function withJoined(services: readonly SimulatedService[]): readonly SimulatedService[] {
  const joined = new Map(
    services.flatMap(({ steps }) =>
      steps.flatMap(({ name }) => name.split("+").map((each) => [each, name] as const)),
    ),
  );
  const afterOf = (step: SimulatedStep) => [
    ...new Set(step.after.map((before) => joined.get(before) ?? before)),
  ];
  return services.map((service) => ({
    ...service,
    steps: service.steps.map((step) => ({ ...step, after: afterOf(step) })),
  }));
}
