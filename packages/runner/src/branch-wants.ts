import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";

/**
 * Of a message's wants, those that only this step's branch has still to hear of: the step itself, all that follows from it,
 * and all that this worker doesn't know. Such a step is younger than the worker's code, and may follow from ours; if it does
 * not, it finds its result there.
 */
export function wantsOfBranch<Step extends StepSpec>(
  { step, chain }: { readonly step: Step; readonly chain: Chain<Step> },
  wants: readonly string[],
): string[] {
  const branch = new Set([step, ...chain.descendantsOf(step)].map(({ name }) => name));
  const known = new Set(chain.steps.map(({ name }) => name));
  return wants.filter((name) => branch.has(name) || !known.has(name));
}
