import type { Kind, Produces } from "@segue/contracts";
import type { AnyStep, StepDefinition } from "@segue/step";
import type { Given } from "@segue/step/attempt";

/** What an author says of a step, for `conformStep`. */
export interface Conformance<
  C extends Readonly<Record<string, Kind>>,
  P extends Produces = Produces,
  Work = unknown,
> {
  /** The module that exports the step: worker threads import it. */
  readonly module: URL;
  /**
   * Short inputs that the step makes something of, by a name for messages; written into `folder`, which is removed afterwards. Two
   * that differ are better than one: what one track leaves in the next is found. A step on long input needs one that it yields a checkpoint on,
   * or falls into pieces, here, read in ranges or in small pieces.
   */
  samples(folder: string): Promise<Readonly<Record<string, Given<C>>>>;
  /** The step with pieces so small that the first sample falls into several, where its own are longer than samples should be. */
  readonly inSmallPieces?: StepDefinition<C, P, Work>;
  /** Inputs that the step refuses, and the code of the permanent error that it does so with: each error that it declares is in there. */
  refuses?(folder: string): Promise<Readonly<Record<string, RefusedInputs<C>>>>;
}

export interface RefusedInputs<C extends Readonly<Record<string, Kind>>> {
  readonly inputs: Given<C>;
  readonly code: string;
}

/** Inputs of a step whose types have been forgotten. */
export type AnyGiven = Given<AnyStep["consumes"]>;

export interface Sample {
  readonly name: string;
  readonly given: AnyGiven;
  /** As it meets this sample: as it is, or as it meets inputs that are too large to be fetched before it runs. */
  readonly step: AnyStep;
}

export interface Refusal extends Sample {
  readonly code: string;
}
