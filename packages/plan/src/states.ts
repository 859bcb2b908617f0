import type { Chain } from "@segue/chain";
import { type Kind, kindsOf, type StepSpec } from "@segue/contracts";

/** What was made of a kind is there, but for payloads of intermediates: they are deleted when their tracks have come to rest. */
export function stateOfMade({ retention, payload }: Kind): "present" | "expired" {
  return retention === "intermediate" && payload !== null ? "expired" : "present";
}

/** Kinds that the chain makes, each with its number: places in words, masks and names of tables come from it. */
export function madeKinds(chain: Chain<StepSpec>): readonly Kind[] {
  return chain.steps.flatMap(kindsOf);
}
