import { randomUUID } from "node:crypto";
import type { PubSub, Topic } from "@google-cloud/pubsub";
import { deadLetterTopic, type Names, outcomesTopic } from "@segue/chain";
import {
  type ArtifactReady,
  type DeadLettered,
  filterAttributes,
  type PingAnswered,
  type StepOutcome,
  storyAttribute,
} from "@segue/contracts";
import { injectTrace, type TraceContext } from "@segue/telemetry";

/** Publishes facts; each promise resolves when the queue has the message safe. */
export interface Announcer {
  /** @param trace travels on with the message. @param story of a message that is sent again: its own. */
  artifactReady(message: ArtifactReady, trace?: TraceContext, story?: string): Promise<void>;
  stepOutcome(message: StepOutcome, trace?: TraceContext): Promise<void>;
  pingAnswered(message: PingAnswered, trace?: TraceContext): Promise<void>;
  deadLettered(message: DeadLettered, trace?: TraceContext): Promise<void>;
}

/** An announcer whose messages all belong to one trace. */
export function withinTrace(announcer: Announcer, trace: TraceContext): Announcer {
  return {
    artifactReady: (message, _own, story) => announcer.artifactReady(message, trace, story),
    stepOutcome: (message) => announcer.stepOutcome(message, trace),
    pingAnswered: (message) => announcer.pingAnswered(message, trace),
    deadLettered: (message) => announcer.deadLettered(message, trace),
  };
}

/** Messages wait this long for company before they are sent. */
const batching = { maxMilliseconds: 2, maxMessages: 100 };

export function createAnnouncer(pubsub: PubSub, names: Names): Announcer {
  const topics = new Map<string, Topic>();
  const publish = async (
    topicName: string,
    json: object,
    attributes: Record<string, string>,
    trace: TraceContext | undefined,
  ) => {
    let topic = topics.get(topicName);
    if (!topic) {
      topic = pubsub.topic(names.topic(topicName), { batching });
      topics.set(topicName, topic);
    }
    await topic.publishMessage({
      data: Buffer.from(JSON.stringify(json)),
      attributes: injectTrace(attributes, trace),
    });
  };
  return {
    artifactReady(message, trace, story = randomUUID()) {
      const attributes = { track: message.trackId, [storyAttribute]: story, ...filterAttributes(message) };
      return publish(message.record.kind, message, attributes, trace);
    },
    stepOutcome: (message, trace) =>
      publish(outcomesTopic, message, { track: message.trackId, step: message.step }, trace),
    pingAnswered: (message, trace) => publish(outcomesTopic, message, { step: message.step }, trace),
    deadLettered: (message, trace) => publish(deadLetterTopic, message, { step: message.step }, trace),
  };
}
