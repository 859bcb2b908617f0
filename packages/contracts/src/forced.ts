import type { ArtifactRecord } from "./record.ts";
import type { RequestBlock } from "./request.ts";
import { askedAtMs } from "./request-ids.ts";
import type { StepSpec } from "./step-spec.ts";

type Named = Pick<StepSpec, "name">;

/** Whether a request forces a step, whatever is there. */
export function isForced({ name }: Named, { force }: Pick<RequestBlock, "force">): boolean {
  return force.includes(name);
}

/** Whether a request asks for work although its result is there: it forces, and has not had that work yet. */
export function forcesAnew(step: Named, request: RequestBlock, existing: ArtifactRecord): boolean {
  return isForced(step, request) && !isMadeFor(existing, request.requestId);
}

/**
 * Whether a record was made for a request, though another may have had it made again since: by its id, or, of one of longer ago, as it was made after
 * that one was asked for.
 */
export function isMadeFor(
  {
    requestId,
    earlierRequestIds = [],
    answersAllUntil,
  }: Pick<ArtifactRecord, "requestId" | "earlierRequestIds" | "answersAllUntil">,
  request: string,
): boolean {
  if (requestId === request || earlierRequestIds.includes(request)) return true;
  const askedMs = answersAllUntil === undefined ? undefined : askedAtMs(request);
  return askedMs !== undefined && askedMs <= Date.parse(answersAllUntil ?? "");
}
