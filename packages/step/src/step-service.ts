import type { Accelerator } from "@segue/contracts";
import type { z } from "zod";
import type { AnyStep } from "./define-step.ts";
import {
  type AttemptNeeds,
  defaultScaling,
  needsOf,
  type Resources,
  type Scaling,
  workerResources,
} from "./resources.ts";

/** Variables that a service reads beside those of every service, each described. Imported only by whoever describes them. */
export type Environment = () => Promise<z.ZodObject>;

/** A service that hosts steps: what one worker of it runs, and what it takes for that. */
export interface StepService {
  readonly steps: readonly AnyStep[];
  /** By step. */
  readonly attempts: ReadonlyMap<string, AttemptNeeds>;
  /** CPUs that one attempt can use at once. */
  readonly cores: number;
  /** Attempts at once, per step; `SEGUE_CONCURRENCY` goes before it. */
  readonly concurrency: number;
  readonly scaling: Scaling;
  readonly environments: readonly Environment[];
}

/** A service of steps, in its author's words. */
export interface ServiceParts<S extends readonly AnyStep[]> {
  readonly steps: S;
  readonly resources?: {
    /** CPUs that one attempt can use at once. Default: 1. */
    readonly cores?: number;
    /** What an attempt of each step takes. Default, of one that is not named: its budget's memory. */
    readonly attempts?: Readonly<Record<string, AttemptNeeds>>;
  };
  /** Attempts at once, per step. Default: 1. */
  readonly concurrency?: number;
  /** Default: from none on, so that nothing waits for more than a minute. */
  readonly scaling?: Partial<Scaling>;
  readonly environment?: Environment;
}

/**
 * Defines a service of steps. Light, as steps are: figures and what they are of.
 *
 * @example
 * export const loudnessService = defineService({
 *   steps: [loudness],
 *   resources: { attempts: { loudness: { cpuSec: 0.2, memoryMiB: 106, scratchMiB: 1 } } },
 * });
 * @throws {TypeError} where figures are of a step that is not hosted, or are no figures.
 */
export function defineService<const S extends readonly AnyStep[]>({
  steps,
  resources: { cores = 1, attempts = {} } = {},
  concurrency = 1,
  scaling = {},
  environment,
}: ServiceParts<S>): StepService {
  const names = steps.map(({ name }) => name);
  const unknown = Object.keys(attempts).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`resources: expected steps of the service (${names.join(", ")}), got ${unknown}`);
  const figures = Object.values(attempts).flatMap((needs) => Object.values(needs));
  if (figures.some((value) => value !== null && !(value >= 0)) || !(cores > 0 && concurrency >= 1))
    throw new TypeError(
      `${names.join(", ")}: resources: expected figures from 0, and a core and an attempt at least`,
    );
  return Object.freeze({
    steps,
    attempts: new Map(steps.map((step) => [step.name, attempts[step.name] ?? needsOf(step)])),
    cores,
    concurrency,
    scaling: { ...defaultScaling, ...scaling },
    environments: environment ? [environment] : [],
  });
}

/** The same with other steps in the place of its own: those of another version, say. */
export function withSteps(service: StepService, change: (step: AnyStep) => AnyStep): StepService {
  return { ...service, steps: service.steps.map(change) };
}

/** One service that hosts the steps of several, as a placement has it. */
export function joinServices(services: readonly StepService[]): StepService {
  const scalings = services.map(({ scaling }) => scaling);
  const limits = scalings.map(({ maxReplicas }) => maxReplicas);
  return {
    steps: services.flatMap(({ steps }) => steps),
    attempts: new Map(services.flatMap(({ attempts }) => [...attempts])),
    cores: Math.max(...services.map(({ cores }) => cores)),
    concurrency: Math.max(...services.map(({ concurrency }) => concurrency)),
    scaling: {
      minReplicas: Math.max(...scalings.map(({ minReplicas }) => minReplicas)),
      maxReplicas: limits.includes(null) ? null : Math.max(...limits.map(Number)),
      by: mostUrgent(scalings),
    },
    environments: [...new Set(services.flatMap(({ environments }) => environments))],
  };
}

/** The one whose messages may wait least. */
function mostUrgent(scalings: readonly Scaling[]): Scaling["by"] {
  const waits = scalings.flatMap(({ by }) => (by.measure === "backlog" ? [by.waitSec] : []));
  return waits.length > 0
    ? { measure: "backlog", waitSec: Math.min(...waits) }
    : (scalings[0]?.by ?? defaultScaling.by);
}

/** What a worker of a service takes. */
export function resourcesOf({ attempts, cores, concurrency }: StepService): Resources {
  return workerResources([...attempts.values()], { cores, concurrency });
}

/** What its nodes must have beside CPUs. */
export function acceleratorOf({ steps }: StepService): Accelerator | null {
  return steps.find(({ accelerator }) => accelerator !== null)?.accelerator ?? null;
}
