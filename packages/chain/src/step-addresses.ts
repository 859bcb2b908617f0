import { fetchAddress, fetchStep, ownKindOf, type StepSpec } from "@segue/contracts";
import type { Chain } from "./chain.ts";

/**
 * Where steps of a track work, by their names: those that this chain has. While its master is still to be fetched, that is all that can be told.
 *
 * @param known addresses that are elsewhere than this chain reckons, by kind.
 */
export function stepAddresses(
  chain: Chain<StepSpec>,
  { id, master }: { readonly id: string; readonly master: string | null },
  names: readonly string[],
  known: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, string> {
  if (master === null || names.includes(fetchStep)) return new Map([[fetchStep, fetchAddress(id)]]);
  const addresses = chain.addressesFor(master, known);
  const steps = chain.steps.filter(({ name }) => names.includes(name));
  return new Map(steps.map((step) => [step.name, addresses.get(ownKindOf(step)) ?? ""]));
}
