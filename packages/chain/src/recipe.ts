import { Master, type StepSpec } from "@segue/contracts";
import type { Chain } from "./chain.ts";

/** No bytes have this digest. */
const noMaster = "0".repeat(64);
/** Of 64 hex digits: a fleet has thousands of recipes at most. */
const recipeDigits = 20;

/**
 * Kind to recipe: a short digest of the step that makes it and of all that it derives from, whatever the master. Two artifacts
 * of one master are at one address just when their recipes are equal.
 */
export function recipesOf(chain: Chain<StepSpec>): ReadonlyMap<string, string> {
  const addresses = [...chain.addressesFor(noMaster)].filter(([kind]) => kind !== Master.name);
  return new Map(addresses.map(([kind, address]) => [kind, address.slice(0, recipeDigits)]));
}
