import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { QuietTrack } from "./watches.ts";

/** Whether all that is waited for has become a rendering since it was asked for: deriving anew what holds ends that. */
export function waitsForReplaced(
  chain: Chain<StepSpec>,
  { wants, endedSteps }: Pick<QuietTrack, "wants" | "endedSteps">,
): boolean {
  const waited = wants.filter((step) => !endedSteps.includes(step));
  return waited.length > 0 && waited.every((step) => chain.replacementOf(step) !== undefined);
}
