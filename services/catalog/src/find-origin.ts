import {
  type Chain,
  catalogConsumer,
  deadLetterTopic,
  type Names,
  outcomesTopic,
  priorities,
  tracksTopic,
} from "@segue/chain";
import type { StepSpec } from "@segue/contracts";

export type Origin = { readonly topic: string } | { readonly step: StepSpec };

/**
 * Whose subscription it is: the catalog's own of a topic, or a step's; undefined where it is nobody's of this chain. Messages that
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
  return step && { step };
}
