import type { PubSub, Topic } from "@google-cloud/pubsub";
import { deadLetterTopic, type Names, outcomesTopic } from "@segue/chain";
import { type ArtifactReady, type DeadLettered, type StepOutcome, wantAttributes } from "@segue/contracts";

/** Publishes facts; each promise resolves when the queue has the message safe. */
export interface Announcer {
  artifactReady(message: ArtifactReady): Promise<void>;
  stepOutcome(message: StepOutcome): Promise<void>;
  deadLettered(message: DeadLettered): Promise<void>;
}

/** Messages wait this long for company before they are sent. */
const batching = { maxMilliseconds: 2, maxMessages: 100 };

export function createAnnouncer(pubsub: PubSub, names: Names): Announcer {
  const topics = new Map<string, Topic>();
  const publish = async (topicName: string, json: object, attributes: Record<string, string>) => {
    let topic = topics.get(topicName);
    if (!topic) {
      topic = pubsub.topic(names.topic(topicName), { batching });
      topics.set(topicName, topic);
    }
    await topic.publishMessage({ data: Buffer.from(JSON.stringify(json)), attributes });
  };
  return {
    artifactReady: (message) =>
      publish(message.record.kind, message, { track: message.trackId, ...wantAttributes(message.wants) }),
    stepOutcome: (message) => publish(outcomesTopic, message, { track: message.trackId, step: message.step }),
    deadLettered: (message) => publish(deadLetterTopic, message, { step: message.step }),
  };
}
