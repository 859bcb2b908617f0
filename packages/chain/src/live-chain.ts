import type { StepSpec } from "@segue/contracts";
import { type Chain, ChainError, createChain } from "./chain.ts";

/** A chain that changes while it is used: whoever asks it gets the answer of the moment. */
export interface LiveChain extends Chain<StepSpec> {
  /**
   * Takes steps in that workers have registered, beside those of the code. Of two with one name the higher version holds.
   * A step that contradicts the others is left out.
   *
   * @returns what was left out, and why.
   */
  update(registered: readonly StepSpec[]): readonly { readonly step: string; readonly reason: string }[];
}

/** @param base the chain of this process's own code. */
export function createLiveChain(base: Chain<StepSpec>): LiveChain {
  let current = base;
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
    step: (name) => current.step(name),
    producerOf: (kind) => current.producerOf(kind),
    triggersOf: (step) => current.triggersOf(step),
    ancestorsOf: (step) => current.ancestorsOf(step),
    descendantsOf: (step) => current.descendantsOf(step),
    wantsFor: (targets) => current.wantsFor(targets),
    addressesFor: (master) => current.addressesFor(master),
    update(registered) {
      const left: { step: string; reason: string }[] = [];
      let next = base;
      // A step may consume what another one of them makes: as long as one more fits, the others are tried again.
      let open = registered.filter(({ name, version }) => {
        const own = base.steps.find((step) => step.name === name);
        return !own || own.version < version;
      });
      for (let before = -1; open.length !== before; ) {
        before = open.length;
        open = open.filter((step) => {
          const joined = tryJoin(next, step);
          if (joined instanceof ChainError) return true;
          next = joined;
          return false;
        });
      }
      for (const step of open) {
        const failure = tryJoin(next, step);
        left.push({ step: step.name, reason: failure instanceof ChainError ? failure.message : "unknown" });
      }
      current = next;
      return left;
    },
  };
}

function tryJoin(chain: Chain<StepSpec>, step: StepSpec): Chain<StepSpec> | ChainError {
  try {
    return createChain([...chain.steps.filter(({ name }) => name !== step.name), step]);
  } catch (error) {
    if (error instanceof ChainError) return error;
    throw error;
  }
}
