import type { Piece } from "@segue/contracts";
import { errandOfTask, type Given } from "../errand.ts";
import type { Ending, HandlerParts } from "../handler-parts.ts";
import { makeArtifact } from "../make-artifact.ts";

/** Makes a share of a run's pieces; where the run has come to its end meanwhile, its result is found there. */
export function makePieces(parts: HandlerParts, given: Given, task: Piece): Promise<Ending> {
  return makeArtifact(parts, { ...errandOfTask(given, task), resumes: false });
}
