import type { Place } from "@segue/chain";
import type { ArtifactRecord } from "@segue/contracts";
import type { Errand } from "./errand.ts";
import type { GatheredInputs } from "./gather-inputs.ts";

/** An errand whose step is to run, and what has been found for it. */
export interface Work extends Place {
  readonly errand: Errand;
  readonly gathered: GatheredInputs;
  readonly existing: ArtifactRecord | undefined;
  /**
   * Whether its record is to hold although one is there. Only a payload that is gone or damaged, or whose step is forced, is ever made again;
   * and what a request forces is its own, whoever was faster than it.
   */
  readonly replace: boolean;
  /** Names the run that this attempt is a part of: what others have left of it is found so. */
  readonly run: string;
  /** This attempt's own directory. */
  readonly dir: string;
  /** Whether it may take its process with it. */
  readonly quarantined: boolean;
  readonly startedAt: Date;
}
