import type { StepSpec } from "@segue/contracts";
import { type Chain, ChainError, createChain } from "./chain.ts";

/** A registered step that is no part of the chain. */
export interface LeftOut {
  readonly step: string;
  readonly reason: string;
}

/**
 * A chain that changes while it is used: whoever asks it gets the answer of the moment. Two answers belong together only
 * where nothing is awaited between them; `createChain(live.steps)` is a chain that stays.
 */
export interface LiveChain extends Chain<StepSpec> {
  /**
   * Takes in steps that workers have registered, beside those of the code. Of two with one name the higher version holds.
   * Where they contradict each other, or the code, as many of them as fit together take part: those that did so before
   * first, so that a newcomer pushes nobody out. A step whose kind is a rendering of the code's own is of a release before: it is not
   * wanted any more.
   *
   * @param registered all of them, each name once.
   * @returns what was left out, and why.
   */
  update(registered: readonly StepSpec[]): readonly LeftOut[];
}

/** @param base the chain of this process's own code. */
export function createLiveChain(base: Chain<StepSpec>): LiveChain {
  let current = base;
  /** A caller may hold a step from before the last change. */
  const present = (step: StepSpec) => current.steps.find(({ name }) => name === step.name) ?? step;
  return {
    get steps() {
      return current.steps;
    },
    get kinds() {
      return current.kinds;
    },
    get targets() {
      return current.targets;
    },
    get defaultTargets() {
      return current.defaultTargets;
    },
    step: (name) => current.step(name),
    producerOf: (kind) => current.producerOf(kind),
    triggersOf: (step) => current.triggersOf(present(step)),
    ancestorsOf: (step) => current.ancestorsOf(present(step)),
    descendantsOf: (step) => current.descendantsOf(present(step)),
    replacementOf: (name) => current.replacementOf(name),
    presentTargets: (targets) => current.presentTargets(targets),
    wantsFor: (targets) => current.wantsFor(targets),
    addressesFor: (master, planned) => current.addressesFor(master, planned),
    storedKind: (name) => current.storedKind(name),
    serviceOf: (step) => current.serviceOf(step),
    update(registered) {
      const newer = registered.filter(({ name, version }) => {
        if (base.replacementOf(name)) return false;
        const own = base.steps.find((step) => step.name === name);
        return !own || own.version < version;
      });
      const { chain, leftOut } = joinAll(base, newer, current);
      current = chain;
      return leftOut;
    },
  };
}

function joinAll(
  base: Chain<StepSpec>,
  steps: readonly StepSpec[],
  before: Chain<StepSpec>,
): { chain: Chain<StepSpec>; leftOut: LeftOut[] } {
  // All at once first: steps that are renamed or rewired together fit only together.
  const whole = tryJoin(base, steps);
  if (!(whole instanceof ChainError)) return { chain: whole, leftOut: [] };
  let chain = base;
  let open = steps.toSorted((a, b) => rankIn(before, a) - rankIn(before, b));
  let leftOut: LeftOut[] = [];
  // A step may consume what another one of them makes: as long as one more fits, the others are tried again.
  for (let last = -1; open.length !== last; ) {
    last = open.length;
    leftOut = [];
    open = open.filter((step) => {
      const joined = tryJoin(chain, [step]);
      if (!(joined instanceof ChainError)) {
        chain = joined;
        return false;
      }
      leftOut.push({ step: step.name, reason: joined.message });
      return true;
    });
  }
  return { chain, leftOut };
}

/** 0: it takes part already; 1: another version of it does; 2: it is new. */
function rankIn(chain: Chain<StepSpec>, { name, version }: StepSpec): number {
  const other = chain.steps.find((step) => step.name === name);
  return other === undefined ? 2 : other.version === version ? 0 : 1;
}

function tryJoin(chain: Chain<StepSpec>, steps: readonly StepSpec[]): Chain<StepSpec> | ChainError {
  const replaced = new Set(steps.map(({ name }) => name));
  const services = new Map(chain.steps.map(({ name }) => [name, chain.serviceOf(name)]));
  try {
    return createChain([...chain.steps.filter(({ name }) => !replaced.has(name)), ...steps], services);
  } catch (error) {
    if (error instanceof ChainError) return error;
    throw error;
  }
}
