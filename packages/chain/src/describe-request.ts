import type { Request, StepSpec } from "@segue/contracts";
import type { Chain } from "./chain.ts";
import { planRequest, type RequestDetails } from "./plan-request.ts";

/** A request that is to be kept, with the addresses of all that it wants as this chain has them. */
export function describeRequest(
  chain: Chain<StepSpec>,
  details: RequestDetails &
    Pick<Request, "cause" | "requestedAt"> &
    Partial<Pick<Request, "targets" | "backfillId">>,
): Request {
  const { cause, requestedAt, targets = [], backfillId = null, ...block } = details;
  return {
    v: 1,
    type: "Request",
    ...planRequest(chain, block),
    ...{ cause, targets, backfillId, requestedAt },
  };
}
