import { setTimeout as sleep } from "node:timers/promises";
import { Duration, type Message, type PubSub, SubscriptionCloseBehaviors } from "@google-cloud/pubsub";
import { closeSubscription } from "./close-subscription.ts";
import type { Delivery } from "./delivery.ts";

export interface SubscriberOptions {
  /** Full or short name. */
  readonly subscription: string;
  /** Deliveries handled at once. */
  readonly concurrency: number;
  /** How long a drain may wait for what runs, in ms. */
  readonly drainMs: number;
  /** Must not throw; acks or nacks. */
  handle(delivery: Delivery): Promise<unknown>;
  onError(error: Error): void;
}

export interface Subscriber {
  /**
   * Stops pulling, hands back what has not begun, waits for what runs and for its acks to be sent, but no longer than
   * `drainMs`: what still runs then (it waits for storage that does not answer) comes again when its lease ends.
   */
  drain(): Promise<void>;
}

/** How long to wait before streams that ended for good are opened again, in ms: a subscription may be on its way. */
const reopenMs = 1_000;

/**
 * Pulls a subscription through one stream and handles at most `concurrency` deliveries at a time. The client extends
 * their leases; what waits here is leased too, and goes back at once when the worker drains.
 *
 * The client opens a stream again after the errors that it holds to be passing, and closes for good after any other
 * (a subscription that is missing for a moment, say): here it is opened again, for as long as the worker lives.
 */
export function createSubscriber(pubsub: PubSub, options: SubscriberOptions): Subscriber {
  const { concurrency, subscription: name } = options;
  const subscription = pubsub.subscription(name, {
    // The cap is per stream, and the client opens several unless told otherwise. The server honours the cap, so
    // excess can only be a message or two; with `false` a close that waits stalls until its timeout.
    flowControl: { maxMessages: concurrency, allowExcessMessages: true },
    streamingOptions: { maxStreams: 1 },
    maxExtensionTime: Duration.from({ seconds: 60 }),
    closeOptions: {
      behavior: SubscriptionCloseBehaviors.WaitForProcessing,
      timeout: Duration.from({ milliseconds: options.drainMs }),
    },
    batching: { maxMilliseconds: 10, maxMessages: 100 },
  });
  const waiting: Message[] = [];
  const running = new Set<Promise<unknown>>();
  let draining = false;

  const startNext = () => {
    while (running.size < concurrency) {
      const message = waiting.shift();
      if (!message) return;
      const handling = options.handle(toDelivery(name, message));
      running.add(handling);
      const ended = () => {
        running.delete(handling);
        startNext();
      };
      handling.then(ended, ended);
    }
  };
  let reported: string | undefined;
  let reopening: NodeJS.Timeout | undefined;
  subscription.on("message", (message: Message) => {
    reported = undefined;
    if (draining) return message.nack();
    waiting.push(message);
    startNext();
  });
  subscription.on("error", (error: Error) => {
    // Once per trouble, not once per attempt to open it again.
    if (!draining && reported !== error.message) options.onError(error);
    reported = error.message;
  });
  subscription.on("close", () => {
    if (!draining) reopening = setTimeout(() => subscription.open(), reopenMs);
  });

  return {
    async drain() {
      draining = true;
      clearTimeout(reopening);
      for (const message of waiting.splice(0)) message.nack();
      const drained = Promise.all([closeSubscription(subscription), ...running]);
      const done = new AbortController();
      const late = sleep(options.drainMs, undefined, { signal: done.signal }).catch(() => {});
      await Promise.race([drained, late]);
      done.abort();
    },
  };
}

function toDelivery(subscription: string, message: Message): Delivery {
  return {
    id: message.id,
    data: message.data,
    attributes: message.attributes,
    subscription,
    deliveryAttempt: Math.max(1, message.deliveryAttempt),
    ack: () => message.ack(),
    nack: () => message.nack(),
  };
}
