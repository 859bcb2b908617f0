import { type ArtifactReady, wantAttribute } from "@segue/contracts";
import { comesAgain } from "@segue/queue";
import type { Given } from "./errand.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import { makeArtifact } from "./make-artifact.ts";

/** An input is there: makes the step's artifact, if it is wanted and all other inputs are there too. */
export async function handleFact(
  parts: HandlerParts,
  given: Given,
  { record, request }: ArtifactReady,
): Promise<Ending> {
  const { name } = parts.step;
  // Filters test the attribute; where it is gone, whoever tells does the step's work too.
  const isTold = wantAttribute(name) in given.delivery.attributes;
  if (!isTold || !request.wants.includes(name)) return "not-wanted";
  return await makeArtifact(parts, {
    ...given,
    announced: record,
    demands: false,
    resumes: comesAgain(given.delivery),
    rebuilds: false,
    waiting: [],
    share: undefined,
    hops: 0,
  });
}
