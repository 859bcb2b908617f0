import type { PubSub, Topic } from "@google-cloud/pubsub";
import type { Names } from "@segue/chain";

/** A message on its way to a topic, which is named as the chain names it. Resolves when the queue has it safe. */
export type Send = (
  topic: string,
  message: { readonly data: Buffer; readonly attributes: Record<string, string> },
) => Promise<void>;

/** Messages wait this long for company before they are sent. */
const batching = { maxMilliseconds: 2, maxMessages: 100 };

export function createSend(pubsub: PubSub, names: Names): Send {
  const topics = new Map<string, Topic>();
  return async (name, message) => {
    const topic = topics.get(name) ?? pubsub.topic(names.topic(name), { batching });
    topics.set(name, topic);
    await topic.publishMessage(message);
  };
}
