import { fetchStep, type MasteredRequest, type Request, type StepSpec, withoutFetch } from "@segue/contracts";
import type { Chain } from "./chain.ts";
import { completeDetails, planRequest, type RequestDetails } from "./plan-request.ts";

/** A request that is to be kept, with the addresses of all that it wants as this chain has them. */
export function describeRequest(
  chain: Chain<StepSpec>,
  details: RequestDetails &
    Pick<Request, "cause" | "requestedAt"> &
    Partial<Pick<Request, "targets" | "backfillId">>,
): MasteredRequest {
  const { cause, requestedAt, targets = [], backfillId = null, ...block } = details;
  return {
    v: 1,
    type: "Request",
    ...planRequest(chain, block),
    ...{ cause, targets, backfillId, requestedAt },
  };
}

/** As `describeRequest`, for a track whose master has still to be fetched: that is wanted first, and no address can be planned. */
export function describeFetchRequest(
  details: Omit<RequestDetails, "master"> &
    Pick<Request, "cause" | "requestedAt"> &
    Partial<Pick<Request, "targets" | "backfillId">>,
): Request {
  const { targets = [], backfillId = null, ...asked } = completeDetails(details);
  return {
    v: 2,
    type: "Request",
    ...{ ...asked, targets, backfillId, master: null, addresses: {} },
    wants: [fetchStep, ...withoutFetch(asked.wants)],
    // A fetch is tried for every request anew.
    force: withoutFetch(asked.force),
  };
}
