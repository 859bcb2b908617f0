import type { Run } from "@segue/contracts";
import { errandOfTask, type Given } from "../errand.ts";
import type { Ending, HandlerParts } from "../handler-parts.ts";
import { makeArtifact } from "../make-artifact.ts";

/** Makes the step's artifact; what is missing for it is made first. */
export function run(parts: HandlerParts, given: Given, task: Run): Promise<Ending> {
  return makeArtifact(parts, errandOfTask(given, task));
}
