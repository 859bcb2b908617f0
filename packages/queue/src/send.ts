import type { PubSub, Topic } from "@google-cloud/pubsub";
import type { Names } from "@segue/chain";

/** A message on its way to a topic, which is named as the chain names it. Resolves when the queue has it safe. */
export type Send = (
  topic: string,
  message: { readonly data: Buffer; readonly attributes: Record<string, string> },
) => Promise<void>;

/** The queue did not take a message. That says nothing of who it is about: what was to be told is told later. */
export class NotSentError extends Error {
  override readonly name = "NotSentError";
}

/** A message that the queue will never take: too large, say. */
const invalidArgument = 3;

/** Messages wait this long for company before they are sent. */
const batching = { maxMilliseconds: 2, maxMessages: 100 };

export function createSend(pubsub: PubSub, names: Names): Send {
  const topics = new Map<string, Topic>();
  return async (name, message) => {
    const topic = topics.get(name) ?? pubsub.topic(names.topic(name), { batching });
    topics.set(name, topic);
    try {
      await topic.publishMessage(message);
    } catch (cause) {
      if (!(cause instanceof Error) || ("code" in cause && cause.code === invalidArgument)) throw cause;
      throw new NotSentError(`${name}: ${cause.message}`, { cause });
    }
  };
}
