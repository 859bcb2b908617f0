import { defaultOwner, kindsOf, ownKindOf, type RequestBlock, type StepSpec } from "@segue/contracts";
import type { Chain } from "./chain.ts";

/** What a request is for. What is left out is nothing out of the ordinary. */
export type RequestDetails = Pick<RequestBlock, "requestId" | "trackId" | "master" | "wants"> &
  Partial<Pick<RequestBlock, "owner" | "force" | "versions" | "priority">>;

/** What a request is for, with all that was left out. */
export function completeDetails<D extends Omit<RequestDetails, "master">>(details: D) {
  const { owner = defaultOwner, force = [], versions = {}, priority = "live" } = details;
  return { ...details, owner, force, versions, priority };
}

/** The block of a request, with the addresses of all that it wants as this chain has them. */
export function planRequest(chain: Chain<StepSpec>, details: RequestDetails): RequestBlock {
  const reckoned = chain.addressesFor(details.master);
  const wanted = chain.steps.filter(({ name }) => details.wants.includes(name));
  const kinds = new Set(
    wanted.flatMap((step) => [ownKindOf(step), ...kindsOf(step).map(({ name }) => name)]),
  );
  const addresses = Object.fromEntries([...kinds].map((kind) => [kind, reckoned.get(kind) ?? ""]));
  return { ...completeDetails(details), addresses };
}
