import type { Kind, OutputOf, Produces, ResultOf } from "@segue/contracts";
import type { Checkpoint, Inputs, StepContext, StepDefinition } from "./define-step.ts";

export type Driven<Facts> =
  | { readonly status: "finished"; readonly facts: Facts }
  | { readonly status: "stopped" };

/**
 * Runs a step to its end, or, if it is one on long input, until `onCheckpoint` says stop after one of its pieces.
 */
export async function driveStep<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  step: StepDefinition<C, P, Work>,
  inputs: Inputs<C>,
  work: Work,
  context: StepContext<OutputOf<P>>,
  onCheckpoint: (checkpoint: Checkpoint) => Promise<"continue" | "stop">,
): Promise<Driven<ResultOf<P>>> {
  const result = step.run(inputs, work, context);
  if (!isGenerator(result)) return { status: "finished", facts: await result };
  for (;;) {
    const { done, value } = await result.next();
    if (done) return { status: "finished", facts: value };
    let goesOn = false;
    try {
      goesOn = (await onCheckpoint(value)) === "continue";
    } finally {
      // Runs the generator's own `finally` blocks, also when the checkpoint could not be kept: a program that works for it
      // must end. Its return value has no meaning then.
      if (!goesOn) await result.return(undefined as never);
    }
    if (!goesOn) return { status: "stopped" };
  }
}

/** Makes pieces of a step that scatters, one after the other, until `onPiece` says stop. */
export async function drivePieces<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  step: StepDefinition<C, P, Work>,
  todo: readonly number[],
  inputs: Inputs<C>,
  work: Work,
  context: StepContext,
  onPiece: (index: number, piece: Checkpoint) => Promise<"continue" | "stop">,
): Promise<Driven<null>> {
  if (!step.scatter) throw new TypeError(`${step.name} does not scatter`);
  for (const index of todo) {
    const piece = await step.scatter.piece(index, inputs, work, context);
    if ((await onPiece(index, piece)) === "stop") return { status: "stopped" };
  }
  return { status: "finished", facts: null };
}

function isGenerator<Facts>(result: unknown): result is AsyncGenerator<Checkpoint, Facts, void> {
  return typeof result === "object" && result !== null && Symbol.asyncIterator in result;
}
