import {
  defaultOwner,
  fetchStep,
  type MasteredRequest,
  type Request,
  type StepSpec,
  withoutFetch,
} from "@segue/contracts";
import type { Chain } from "./chain.ts";
import { planRequest, type RequestDetails } from "./plan-request.ts";

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
    Partial<Pick<Request, "targets">>,
): Request {
  const { owner = defaultOwner, force = [], versions = {}, priority = "live", targets = [] } = details;
  const { requestId, trackId, cause, requestedAt } = details;
  const wants = [fetchStep, ...withoutFetch(details.wants)];
  // A fetch is tried for every request anew.
  const forced = withoutFetch(force);
  return {
    v: 2,
    type: "Request",
    ...{ requestId, owner, trackId, master: null, wants, force: forced, versions, addresses: {}, priority },
    ...{ cause, targets, backfillId: null, requestedAt },
  };
}
