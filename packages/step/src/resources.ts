// What a service takes of a machine, as data: charts, plans and whoever packs nodes read it. Nothing of it is part of an address.
import type { AnyStep } from "./define-step.ts";

/** What one attempt of a step takes. */
export interface AttemptNeeds {
  /** CPU-seconds for a track of four minutes, child processes included; null: not measured. */
  readonly cpuSec: number | null;
  /** At most, whatever the input's length: of its thread, with the step's code and an attempt in it, and of its child processes. */
  readonly memoryMiB: number;
  /** Disk at most, whatever the input's length: inputs that are fetched, and what is written; null: not known. */
  readonly scratchMiB: number | null;
}

/** What a process takes altogether. */
export interface Resources {
  /** CPUs that it can use at once. */
  readonly cores: number;
  /** Above this it may be ended. */
  readonly memoryMiB: number;
  readonly scratchMiB: number | null;
}

/** How many processes of a service there should be. */
export interface Scaling {
  readonly minReplicas: number;
  /** Null: as many as the work needs. */
  readonly maxReplicas: number | null;
  /** What their number follows: how long messages would wait, or how busy CPUs are. */
  readonly by:
    | { readonly measure: "backlog"; readonly waitSec: number }
    | { readonly measure: "cpu"; readonly utilization: number };
}

/** Live tracks wait for a minute at most, once the backlog grows; nothing runs where nothing is to do. */
export const defaultScaling: Scaling = {
  minReplicas: 0,
  maxReplicas: null,
  by: { measure: "backlog", waitSec: 60 },
};

/** Of a service that sets no limit itself, in a cluster where nobody has said otherwise: the chart's `autoscaling.maxReplicas`. */
export const usualMaxReplicas = 50;

/**
 * A worker with its clients and its code, before the threads of its steps. Of a step that does nothing 185 MiB are resident with one thread, 226 with
 * two, 293 with four: 36 for each. From a build it is some 50 less (`npm run bench start`).
 */
export const workerMiB = 150;
/** The process that an attempt in quarantine has to itself, before the step's thread: 141 with that of one that does nothing. */
export const quarantineMiB = 105;

/** What is known of a step that says nothing itself: its budget is kept. */
export function needsOf(step: AnyStep): AttemptNeeds {
  return { cpuSec: null, memoryMiB: step.budget.memoryMiB, scratchMiB: null };
}

/**
 * Of a worker: its process, a thread for each step and attempt at once, and beside them one attempt in quarantine.
 *
 * @param cores of one attempt.
 */
export function workerResources(
  needs: readonly AttemptNeeds[],
  { cores, concurrency }: { readonly cores: number; readonly concurrency: number },
): Resources {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const memory = needs.map(({ memoryMiB }) => memoryMiB);
  const scratch = needs.map(({ scratchMiB }) => scratchMiB);
  const quarantined = quarantineMiB + Math.max(0, ...memory);
  return {
    cores: cores * concurrency,
    memoryMiB: workerMiB + concurrency * sum(memory) + quarantined,
    // One in quarantine works in the place of one that is not.
    scratchMiB: scratch.some((mib) => mib === null) ? null : concurrency * sum(scratch.map(Number)),
  };
}

/** Messages that a worker has in hand at once: of a step that takes several together, so many for each attempt. */
export function messagesAtOnce(concurrency: number, steps: readonly Pick<AnyStep, "batch">[]): number {
  return concurrency * Math.max(1, ...steps.map(({ batch }) => batch?.max ?? 1));
}
