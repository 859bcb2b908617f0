import type { Rebuild } from "@segue/contracts";
import { errandOfTask, type Given } from "../errand.ts";
import type { Ending, HandlerParts } from "../handler-parts.ts";
import { makeArtifact } from "../make-artifact.ts";

/** Makes an expired payload again, or finds it intact, for those that wait. */
export function rebuild(parts: HandlerParts, given: Given, task: Rebuild): Promise<Ending> {
  return makeArtifact(parts, { ...errandOfTask(given, task), rebuilds: true });
}
