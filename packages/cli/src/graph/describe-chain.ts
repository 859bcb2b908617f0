import { type Accelerator, type Budget, type Kind, kindsOf, type StepSpec } from "@segue/contracts";
import type { Fleet } from "@segue/step";
import { isServer } from "@segue/step";

/** A step of the chain, as `segue graph` shows it. */
export interface StepNode {
  readonly name: string;
  readonly version: number;
  /** The service that runs it. */
  readonly service: string;
  /** Names of kinds, in the order of the definition. */
  readonly consumes: readonly string[];
  /** The part of `consumes` whose announcement sets the step off. */
  readonly triggers: readonly string[];
  /** One kind, or several that one run makes. */
  readonly produces: readonly KindNode[];
  readonly budget: Budget;
  readonly accelerator: Accelerator | null;
}

export interface KindNode {
  readonly name: string;
  readonly retention: Kind["retention"];
  /** Content type of the payload; null for a kind that is facts only. */
  readonly contentType: string | null;
}

/** The chain as plain data. Steps are in topological order. */
export interface ChainGraph {
  readonly steps: readonly StepNode[];
  readonly kinds: readonly KindNode[];
  readonly targets: readonly string[];
  /** Those of them that are made where none are named. */
  readonly defaultTargets: readonly string[];
}

export function describeChain({ chain, services }: Fleet): ChainGraph {
  const serviceOf = new Map<string, string>();
  for (const [name, service] of services) {
    if (!isServer(service)) for (const step of service.steps) serviceOf.set(step.name, name);
  }
  return {
    steps: chain.steps.map((step) => ({
      name: step.name,
      version: step.version,
      service: serviceOf.get(step.name) ?? "",
      consumes: inputsOf(step).map(({ name }) => name),
      triggers: chain.triggersOf(step).map(({ name }) => name),
      produces: kindsOf(step).map(describeKind),
      budget: step.budget,
      accelerator: step.accelerator,
    })),
    kinds: chain.kinds.map(describeKind),
    targets: chain.targets,
    defaultTargets: chain.defaultTargets,
  };
}

function inputsOf({ consumes }: Pick<StepSpec, "consumes">): Kind[] {
  return Object.values(consumes);
}

/** Kind to the name of the step that makes it. */
export function makersOf({ steps }: Pick<ChainGraph, "steps">): ReadonlyMap<string, string> {
  return new Map(steps.flatMap((step) => step.produces.map((kind) => [kind.name, step.name] as const)));
}

export function isKept({ produces }: StepNode): boolean {
  return produces.some(({ retention }) => retention === "derivative");
}

function describeKind({ name, retention, payload }: Kind): KindNode {
  return { name, retention, contentType: payload?.contentType ?? null };
}

/** `10 s, 256 MiB`, and what it runs on beside CPUs. */
export function formatNeeds({ budget, accelerator }: StepNode): string {
  const needs = `${budget.timeMs / 1000} s, ${budget.memoryMiB} MiB`;
  return accelerator === null ? needs : `${needs}, ${accelerator.toUpperCase()}`;
}
