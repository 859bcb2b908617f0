import type { Join } from "@segue/contracts";
import { errandOfTask, type Given } from "../errand.ts";
import type { Ending, HandlerParts } from "../handler-parts.ts";
import { makeArtifact } from "../make-artifact.ts";

/** Joins a run's pieces. Those that have expired since they were made are shared out again. */
export function join(parts: HandlerParts, given: Given, task: Join): Promise<Ending> {
  return makeArtifact(parts, errandOfTask(given, task));
}
