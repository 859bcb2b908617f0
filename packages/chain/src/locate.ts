import type { RequestBlock, StepSpec } from "@segue/contracts";
import { addressOf } from "./address.ts";
import { type Chain, inputAddresses } from "./chain.ts";

export interface Place {
  readonly address: string;
  /** Input name to address. */
  readonly inputs: Readonly<Record<string, string>>;
}

/**
 * Where a step's result for a request lives, and where its inputs do: where they were planned, or said to be since. What the
 * plan does not know follows from the chain as it is known here; so does the step's own, from its inputs and its own recipe.
 */
export function locate<S extends StepSpec>(
  { step, chain }: { readonly step: StepSpec; readonly chain: Chain<S> },
  { master, addresses }: Pick<RequestBlock, "master" | "addresses">,
): Place {
  const inputs = inputAddresses(step, chain.addressesFor(master, addresses));
  return { address: addressOf(step, inputs), inputs };
}
