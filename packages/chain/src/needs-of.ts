import { fetchStep, type StepSpec } from "@segue/contracts";
import type { Chain } from "./chain.ts";

/** Names of all that must have succeeded before a step can: its ancestors in the chain, and the fetch, where its track needs one. */
export function needsOf(chain: Chain<StepSpec>, step: StepSpec): ReadonlySet<string> {
  return new Set([fetchStep, ...[...chain.ancestorsOf(step)].map(({ name }) => name)]);
}
