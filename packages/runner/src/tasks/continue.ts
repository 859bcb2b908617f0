import type { Continue } from "@segue/contracts";
import { errandOfTask, type Given } from "../errand.ts";
import type { Ending, HandlerParts } from "../handler-parts.ts";
import { makeArtifact } from "../make-artifact.ts";

/** Goes on with a long run: from the furthest checkpoint there is, which may be past the one that the task was sent at. */
export function goOn(parts: HandlerParts, given: Given, task: Continue): Promise<Ending> {
  return makeArtifact(parts, errandOfTask(given, task));
}
