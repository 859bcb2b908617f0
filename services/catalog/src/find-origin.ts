import {
  type Chain,
  catalogConsumer,
  deadLetterTopic,
  fetchService,
  type Names,
  outcomesTopic,
  priorities,
  tracksTopic,
} from "@segue/chain";
import type { ArtifactReady, StepSpec, Task } from "@segue/contracts";

/** A step hears of facts, a service of its tasks. */
export type Origin = { readonly topic: string } | { readonly step: StepSpec } | { readonly service: string };

/**
 * Whose subscription it is: the catalog's own of a topic, a step's or a service's; undefined where it is nobody's of this chain. Messages that
 * Pub/Sub has given up on name the subscription that they come from.
 */
export function findOrigin(chain: Chain<StepSpec>, names: Names, subscription: string): Origin | undefined {
  for (const topic of [outcomesTopic, tracksTopic, deadLetterTopic])
    if (subscription === names.subscription(topic, catalogConsumer)) return { topic };
  const step = chain.steps.find((other) =>
    chain
      .triggersOf(other)
      .some(({ name }) =>
        priorities.some((priority) => names.subscription(name, other.name, priority) === subscription),
      ),
  );
  if (step) return { step };
  const service = [fetchService, ...chain.steps.map(({ name }) => chain.serviceOf(name))].find((each) =>
    priorities.some((priority) => names.taskSubscription(each, priority) === subscription),
  );
  return service === undefined ? undefined : { service };
}

/** The step that a message was for: a task says so itself, though the service that it came from may be gone, and its step have moved. */
export function stepOf(
  chain: Chain<StepSpec>,
  origin: Origin | undefined,
  message: ArtifactReady | Task,
): StepSpec | undefined {
  if (origin && "step" in origin) return origin.step;
  return chain.steps.find(({ name }) => message.type !== "ArtifactReady" && name === message.step);
}
