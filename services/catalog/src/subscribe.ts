import type { PubSub } from "@google-cloud/pubsub";
import { openLane } from "@segue/queue";
import type { Logger } from "@segue/telemetry";
import type { Delivery } from "./projector.ts";

/** In hand at once of each subscription: read, and written into a statement, they take several times as much. */
const maxBytes = 24 * 2 ** 20;

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

/** Pulls a subscription through one stream, for as long as the service lives. */
export function subscribe(options: SubscribeOptions): Subscribed {
  const { pubsub, topic, subscription, maxMessages, drainMs, log } = options;
  const lane = openLane(pubsub, {
    subscription,
    maxMessages,
    maxBytes,
    closeMs: drainMs,
    take: (message) =>
      options.take({
        id: message.id,
        data: message.data,
        attributes: message.attributes,
        publishedAt: new Date(message.publishTime.getTime()),
        topic,
        subscription,
        ack: () => message.ack(),
        nack: () => message.nack(),
      }),
    onTrouble: (error) => log.warn({ error, subscription }, "the subscription failed"),
  });
  return {
    trouble() {
      const error = lane.trouble();
      return error && `subscription ${subscription}: ${error.message}`;
    },
    close: () => lane.close(),
  };
}
