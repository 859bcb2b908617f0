import type { Run } from "@segue/contracts";
import { errandOfTask, type Given } from "../errand.ts";
import type { Ending, HandlerParts } from "../handler-parts.ts";
import { makeArtifact } from "../make-artifact.ts";

/** Makes the step's artifact as a whole; what is missing for it is made first. */
export function runWhole(parts: HandlerParts, given: Given, task: Run): Promise<Ending> {
  return makeArtifact(parts, errandOfTask(given, task));
}
