import {
  fetchStep,
  isOneKind,
  type Kind,
  kindsOf,
  Master,
  ownKindOf,
  type StepSpec,
  type StoredKind,
  withoutPayload,
} from "@segue/contracts";
import { addressOf } from "./address.ts";
import { outputAddresses } from "./output-addresses.ts";
import { findReplacements, type Replacement } from "./replacements.ts";

/** The directed graph of all steps, derived from what they consume and produce. */
export interface Chain<S extends StepSpec = StepSpec> {
  /** In topological order: a step comes after every step that it depends on. */
  readonly steps: readonly S[];
  /** Every kind that flows, `master` first. */
  readonly kinds: readonly Kind[];
  /** @throws {ChainError} if there is no such step. */
  step(name: string): S;
  /** The step that produces a kind; undefined for `master`. */
  producerOf(kind: string): S | undefined;
  /**
   * The kinds whose announcement may complete a step's inputs: those that no other input of the step derives from.
   * `encode` consumes the master and the PCM; only the PCM, which comes later, triggers it. Of several that one step makes in one go
   * the first is enough.
   */
  triggersOf(step: S): readonly Kind[];
  /** Every step that a step depends on, itself excluded. */
  ancestorsOf(step: S): ReadonlySet<S>;
  /** Every step that depends on a step, itself excluded. */
  descendantsOf(step: S): ReadonlySet<S>;
  /** Names of the derivative assets that may be asked for: all kinds that are kept, the master apart. */
  readonly targets: readonly string[];
  /** Those of them that are made where none are named. */
  readonly defaultTargets: readonly string[];
  /** What a kind that was made by a step of its name is now, where that is a rendering of another kind; undefined of all others. */
  replacementOf(name: string): Replacement | undefined;
  /** Targets as they are called today: in place of what is a rendering now, the kind that it is made of. Each once. */
  presentTargets(targets: readonly string[]): string[];
  /** The steps needed to reach targets, in order. @throws {ChainError} if a target is unknown. */
  wantsFor(targets: readonly string[]): readonly S[];
  /**
   * Kind to address of every artifact that this chain makes of a master; of a step with several outputs also of the record of all of
   * them, by the step's name.
   *
   * @param planned kind to address, where it is known already: what follows from these is reckoned from them.
   */
  addressesFor(master: string, planned?: Readonly<Record<string, string>>): ReadonlyMap<string, string>;
  /** What is stored at an address that `addressesFor` gives by this name; of one that it does not know, what has no payload. */
  storedKind(name: string): StoredKind;
  /** The service whose workers host a step, and whose topic its tasks go to; for a step that is not known one of its own name. */
  serviceOf(step: string): string;
}

/** The chain's definitions contradict each other, or something was asked of it that it does not have. */
export class ChainError extends Error {
  override readonly name = "ChainError";
}

/** Steps of a chain: a message of Pub/Sub has 100 attributes at most, of which a fact has one for each step that is wanted, and the clients a few. */
export const mostSteps = 80;

/**
 * @param services step to service, where the steps themselves don't say.
 * @throws {ChainError} for more than `mostSteps`, duplicate names, two producers of a kind, unknown inputs and cycles, naming the steps.
 */
export function createChain<S extends StepSpec>(
  definitions: readonly S[],
  services: ReadonlyMap<string, string> = new Map(),
): Chain<S> {
  const { byName, producers } = indexSteps(definitions);
  checkOwnKinds(definitions, producers);
  const steps = sortSteps(definitions, producers);
  const ancestors = findAncestors(steps, producers);
  const ancestorsOf = (step: S): ReadonlySet<S> => ancestors.get(step) ?? new Set();
  const made = steps.flatMap(kindsOf);
  const kinds = [Master, ...made];
  const replacements = findReplacements(made, byName);
  const presentTargets = (targets: readonly string[]) => [
    ...new Set(targets.map((target) => replacements.get(target)?.kind.name ?? target)),
  ];
  const kept = made.filter(({ retention }) => retention === "derivative");

  return {
    steps,
    kinds,
    targets: kept.map(({ name }) => name),
    defaultTargets: kept.filter(({ defaultTarget }) => defaultTarget).map(({ name }) => name),
    step(name) {
      const step = byName.get(name);
      if (!step) throw new ChainError(`no step "${name}"; there are: ${[...byName.keys()].join(", ")}`);
      return step;
    },
    producerOf: (kind) => producers.get(kind),
    triggersOf: (step) => triggersIn(step, producers, ancestorsOf),
    ancestorsOf,
    descendantsOf: (step) => new Set(steps.filter((other) => ancestorsOf(other).has(step))),
    replacementOf: (name) => replacements.get(name),
    presentTargets,
    wantsFor(targets) {
      const wanted = new Set<S>();
      for (const target of presentTargets(targets)) {
        const step = producers.get(target);
        const isKept = kept.some(({ name }) => name === target);
        if (!step || !isKept)
          throw new ChainError(
            `no target "${target}"; there are: ${kept.map(({ name }) => name).join(", ")}`,
          );
        wanted.add(step);
        for (const ancestor of ancestorsOf(step)) wanted.add(ancestor);
      }
      return steps.filter((step) => wanted.has(step));
    },
    addressesFor: (master, planned = {}) => addressesIn(steps, master, planned),
    storedKind: (name) => kinds.find((kind) => kind.name === name) ?? withoutPayload(name),
    serviceOf: (step) => byName.get(step)?.service ?? services.get(step) ?? step,
  };
}

function triggersIn<S extends StepSpec>(
  step: S,
  producers: ReadonlyMap<string, S>,
  ancestorsOf: (step: S) => ReadonlySet<S>,
): Kind[] {
  const inputs = Object.values(step.consumes);
  const isUpstream = (kind: Kind) =>
    inputs.some((other) => {
      const producer = producers.get(other.name);
      if (!producer || other.name === kind.name) return false;
      const from = producers.get(kind.name);
      return from ? ancestorsOf(producer).has(from) : true;
    });
  const isBesideAnother = (kind: Kind, index: number) => {
    const from = producers.get(kind.name);
    return from !== undefined && inputs.findIndex(({ name }) => producers.get(name) === from) < index;
  };
  return inputs.filter((kind, index) => !isUpstream(kind) && !isBesideAnother(kind, index));
}

/** @param steps in topological order. */
function addressesIn(
  steps: readonly StepSpec[],
  master: string,
  planned: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>([[Master.name, master]]);
  for (const step of steps) {
    const own = ownKindOf(step);
    const madeAt = planned[own] ?? addressOf(step, inputAddresses(step, addresses));
    addresses.set(own, madeAt);
    for (const [kind, address] of Object.entries(outputAddresses(step, madeAt) ?? {}))
      addresses.set(kind, planned[kind] ?? address);
  }
  return addresses;
}

/** Input name to address, out of a map from kind to address that holds all of them. */
export function inputAddresses(
  step: StepSpec,
  addresses: ReadonlyMap<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(step.consumes).map(([input, kind]) => {
      const address = addresses.get(kind.name);
      if (!address) throw new ChainError(`${step.name} consumes "${kind.name}", whose address is unknown`);
      return [input, address];
    }),
  );
}

/** @throws {ChainError} where the record of several outputs has a kind's name. */
function checkOwnKinds<S extends StepSpec>(steps: readonly S[], producers: ReadonlyMap<string, S>): void {
  for (const step of steps) {
    const other = isOneKind(step.produces) ? undefined : producers.get(step.name);
    if (other || step.name === Master.name)
      throw new ChainError(
        `${step.name}: a step with several outputs has no kind's name; "${step.name}" is produced by ${other?.name ?? "clients"}`,
      );
  }
}

/** By their names, and by the kinds that they make. */
function indexSteps<S extends StepSpec>(definitions: readonly S[]) {
  const byName = new Map<string, S>();
  const producers = new Map<string, S>();
  if (definitions.length > mostSteps)
    throw new ChainError(`expected at most ${mostSteps} steps, got ${definitions.length}`);
  for (const step of definitions) {
    if (byName.has(step.name)) throw new ChainError(`two steps are named "${step.name}"`);
    if (step.name === fetchStep)
      throw new ChainError(`no step may be named "${fetchStep}": that is what fetches masters`);
    byName.set(step.name, step);
    for (const { name: kind } of kindsOf(step)) {
      const other = producers.get(kind);
      if (other || kind === Master.name)
        throw new ChainError(`"${kind}" is produced by ${other?.name ?? "clients"} and by ${step.name}`);
      producers.set(kind, step);
    }
  }
  return { byName, producers };
}

/** @param steps sorted: what each consumes is made by those before it. */
function findAncestors<S extends StepSpec>(
  steps: readonly S[],
  producers: ReadonlyMap<string, S>,
): ReadonlyMap<S, ReadonlySet<S>> {
  const ancestors = new Map<S, Set<S>>();
  for (const step of steps) {
    const all = new Set<S>();
    for (const kind of Object.values(step.consumes)) {
      const producer = producers.get(kind.name);
      if (!producer) continue;
      all.add(producer);
      for (const further of ancestors.get(producer) ?? []) all.add(further);
    }
    ancestors.set(step, all);
  }
  return ancestors;
}

function sortSteps<S extends StepSpec>(definitions: readonly S[], producers: ReadonlyMap<string, S>): S[] {
  const sorted: S[] = [];
  const state = new Map<S, "open" | "done">();
  const visit = (step: S, path: readonly string[]): void => {
    if (state.get(step) === "done") return;
    if (state.get(step) === "open")
      throw new ChainError(`steps form a cycle: ${[...path, step.name].join(" -> ")}`);
    state.set(step, "open");
    if (Object.keys(step.consumes).length === 0) throw new ChainError(`${step.name} consumes nothing`);
    for (const kind of Object.values(step.consumes)) {
      if (kind.name === Master.name) continue;
      const producer = producers.get(kind.name);
      if (!producer) throw new ChainError(`${step.name} consumes "${kind.name}", which no step produces`);
      visit(producer, [...path, step.name]);
    }
    state.set(step, "done");
    sorted.push(step);
  };
  for (const step of definitions) visit(step, []);
  return sorted;
}
