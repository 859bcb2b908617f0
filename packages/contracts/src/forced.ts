import type { ArtifactRecord } from "./record.ts";
import type { RequestBlock } from "./request.ts";
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

/** Whether a record was made for a request, though another may have had it made again since. */
export function isMadeFor(
  { requestId, earlierRequestIds = [] }: Pick<ArtifactRecord, "requestId" | "earlierRequestIds">,
  request: string,
): boolean {
  return requestId === request || earlierRequestIds.includes(request);
}
