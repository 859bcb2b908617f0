import { type Request, type RequestBlock, type StepSpec, withoutFetch } from "@segue/contracts";
import type { Chain } from "./chain.ts";
import { planRequest } from "./plan-request.ts";

/** What the chain is to do for a request, once its track's master is known: nothing of it could be planned before. */
export function planFetched(chain: Chain<StepSpec>, request: Request, master: string): RequestBlock {
  const { requestId, owner, trackId, versions, priority } = request;
  const wants = withoutFetch(request.wants);
  const force = withoutFetch(request.force);
  return planRequest(chain, { requestId, owner, trackId, master, wants, force, versions, priority });
}
