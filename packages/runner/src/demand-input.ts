import { StepError } from "@segue/contracts";
import type { Errand } from "./errand.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";

/** One input after the other is asked for, each with what it needs itself. So many more than there are of these mean that payloads vanish as fast as they are made. */
const spareHops = 20;

/**
 * Has the producer of an input make it, or make it again, for this step and those that wait for it already, and nobody else. What
 * the producer needs for it, it asks for likewise.
 *
 * @throws {StepError} `step-failed` where nothing can make it, or it has been made too often.
 */
export async function demandInput(parts: HandlerParts, errand: Errand, kind: string): Promise<Ending> {
  const { step, chain, publisher, log } = parts;
  const { request } = errand;
  const producer = chain.producerOf(kind);
  const hops = errand.hops + 1;
  // It is for the last of those that wait that all the others are asked.
  const last = chain.steps.find(({ name }) => name === errand.waiting.at(-1)) ?? step;
  const maxHops = spareHops + chain.ancestorsOf(last).size;
  if (!producer || hops > maxHops) {
    const why = producer ? `after ${maxHops} rebuilds` : "and nothing can make it again";
    throw new StepError("step-failed", `${step.name}: the ${kind} of ${request.master} is gone ${why}`);
  }
  const waiting = [step.name, ...errand.waiting];
  // Each share asks by itself, and goes on by itself: to begin with the whole would share all of it out once more for each.
  const share = errand.waiting.length === 0 ? errand.pieces : errand.share;
  await publisher.task({
    ...{ type: "Rebuild", step: producer.name, request, waiting, hops },
    ...(share ? { share } : {}),
  });
  log.info(
    { track: request.trackId, kind, producer: producer.name, hops },
    "an input is not there: it is asked for",
  );
  return "rebuild-requested";
}
