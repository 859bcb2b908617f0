import { Duration, type Message, type PubSub, SubscriptionCloseBehaviors } from "@google-cloud/pubsub";
import { closeSubscription } from "@segue/step/runner";
import type { Logger } from "@segue/telemetry";
import type { Delivery } from "./projector.ts";

export interface SubscribeOptions {
  readonly pubsub: PubSub;
  /** As the chain's topology names it. */
  readonly topic: string;
  readonly subscription: string;
  readonly maxMessages: number;
  /** How long closing may wait for what was taken, in ms. */
  readonly drainMs: number;
  readonly log: Logger;
  take(delivery: Delivery): void;
}

export interface Subscribed {
  /** Undefined while messages can come, as far as is known. */
  trouble(): string | undefined;
  /** Takes nothing more; resolves when what was taken is acked or handed back. */
  close(): Promise<void>;
}

/** How long to wait before a stream that ended for good is opened again, in ms: a missing subscription may be on its way. */
const reopenMs = 1_000;

/** Pulls a subscription through one stream, for as long as the service lives. */
export function subscribe(options: SubscribeOptions): Subscribed {
  const { pubsub, topic, subscription: name, log } = options;
  let trouble: string | undefined;
  let reported: string | undefined;
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  const subscription = pubsub.subscription(name, {
    // The cap is per stream, and the client opens several unless told otherwise.
    flowControl: { maxMessages: options.maxMessages, allowExcessMessages: true },
    streamingOptions: { maxStreams: 1 },
    maxExtensionTime: Duration.from({ seconds: 60 }),
    closeOptions: {
      behavior: SubscriptionCloseBehaviors.WaitForProcessing,
      timeout: Duration.from({ milliseconds: options.drainMs }),
    },
    batching: { maxMilliseconds: 10, maxMessages: 100 },
  });
  subscription.on("message", (message: Message) => {
    reported = undefined;
    if (closing) return message.nack();
    options.take({
      id: message.id,
      data: message.data,
      attributes: message.attributes,
      publishedAt: new Date(message.publishTime.getTime()),
      topic,
      subscription: name,
      ack: () => message.ack(),
      nack: () => message.nack(),
    });
  });
  subscription.on("error", (error: Error) => {
    if (closing) return;
    trouble = `subscription ${name}: ${error.message}`;
    // Once per trouble, not once per attempt to open it again.
    if (reported !== trouble) log.warn({ error, subscription: name }, "the subscription failed");
    reported = trouble;
    void subscription.close();
  });
  subscription.on("close", () => {
    if (closing) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (closing) return;
      trouble = undefined;
      subscription.open();
    }, reopenMs);
  });
  return {
    trouble: () => trouble,
    async close() {
      closing = true;
      clearTimeout(timer);
      await closeSubscription(subscription);
    },
  };
}
