import { isOneKind, kindsOf, ownKindOf, type Produces } from "@segue/contracts";
import { outputAddress } from "./address.ts";

/** Kind to address of each of a step's several outputs; undefined for a step that makes one artifact, which is at its own address. */
export function outputAddresses(
  step: { readonly produces: Produces },
  madeAt: string,
): Record<string, string> | undefined {
  if (isOneKind(step.produces)) return undefined;
  return Object.fromEntries(kindsOf(step).map(({ name }) => [name, outputAddress(madeAt, name)]));
}

/** What a record, or whoever tells of one, says of what a step has made at an address. */
export function describeOutputs(
  step: { readonly name: string; readonly produces: Produces },
  madeAt: string,
): { readonly kind: string; readonly outputs?: Record<string, string> } {
  const outputs = outputAddresses(step, madeAt);
  return { kind: ownKindOf(step), ...(outputs ? { outputs } : {}) };
}
