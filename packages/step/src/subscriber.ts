import { setTimeout as sleep } from "node:timers/promises";
import {
  Duration,
  type Message,
  type PubSub,
  type Subscription,
  SubscriptionCloseBehaviors,
} from "@google-cloud/pubsub";
import { closeSubscription } from "./close-subscription.ts";
import type { Delivery } from "./delivery.ts";

export interface SubscriberOptions {
  /** Full or short name. */
  readonly subscription: string;
  /** Deliveries handled at once, apart from those that have stepped aside. */
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
/** The client's own longest: a stream that is closed extends what came through it until it is done. */
const leaseMs = 60_000;

/**
 * Pulls a subscription through one stream and handles at most `concurrency` deliveries at a time. The client extends
 * their leases; what waits here is leased too, and goes back at once when the worker drains.
 *
 * A delivery that steps aside goes on counting at the server, so another stream of one message stands in for its place,
 * until it has ended. A stream that could always carry one more would hold messages that idle workers could take.
 */
export function createSubscriber(pubsub: PubSub, options: SubscriberOptions): Subscriber {
  const { concurrency, subscription: name } = options;
  const waiting: Message[] = [];
  const running = new Set<Promise<unknown>>();
  /** Closed when the deliveries that they stand in for have ended. */
  const standIns = new Set<Lane>();
  const closing = new Set<Promise<void>>();
  let draining = false;

  const open = (maxMessages: number, closeMs: number): Lane =>
    openLane(pubsub.subscription(name, flowOf(maxMessages, closeMs)), {
      take(message) {
        waiting.push(message);
        startNext();
      },
      onError: options.onError,
    });
  const close = (standIn: Lane) => {
    standIns.delete(standIn);
    const closed = standIn.close().catch(options.onError);
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  };
  const startNext = () => {
    while (!draining && running.size < concurrency + standIns.size) {
      const message = waiting.shift();
      if (!message) return;
      let standIn: Lane | undefined;
      const stepAside = () => {
        if (draining || standIn) return;
        standIn = open(1, leaseMs);
        standIns.add(standIn);
        startNext();
      };
      const handling = options.handle(toDelivery(name, message, stepAside));
      running.add(handling);
      const ended = () => {
        running.delete(handling);
        if (standIn && standIns.has(standIn)) close(standIn);
        startNext();
      };
      handling.then(ended, ended);
    }
  };
  const lane = open(concurrency, options.drainMs);

  return {
    async drain() {
      draining = true;
      for (const message of waiting.splice(0)) message.nack();
      for (const standIn of standIns) close(standIn);
      const drained = Promise.all([lane.close(), ...closing, ...running]);
      const done = new AbortController();
      const late = sleep(options.drainMs, undefined, { signal: done.signal }).catch(() => {});
      await Promise.race([drained, late]);
      done.abort();
    },
  };
}

/** One stream of a subscription, kept open. */
interface Lane {
  /** From now on what comes goes back. Resolves when what came before is done and its acks are sent. */
  close(): Promise<void>;
}

/**
 * The client opens a stream again after the errors that it holds to be passing, and closes for good after any other
 * (a subscription that is missing for a moment, say): here it is opened again, until the lane is closed.
 */
function openLane(
  subscription: Subscription,
  { take, onError }: { take(message: Message): void; onError(error: Error): void },
): Lane {
  let isClosing = false;
  let reported: string | undefined;
  let reopening: NodeJS.Timeout | undefined;
  subscription.on("message", (message: Message) => {
    reported = undefined;
    if (isClosing) message.nack();
    else take(message);
  });
  subscription.on("error", (error: Error) => {
    // Once per trouble, not once per attempt to open it again.
    if (!isClosing && reported !== error.message) onError(error);
    reported = error.message;
  });
  subscription.on("close", () => {
    if (!isClosing) reopening = setTimeout(() => subscription.open(), reopenMs);
  });
  return {
    close() {
      isClosing = true;
      clearTimeout(reopening);
      return closeSubscription(subscription);
    },
  };
}

function flowOf(maxMessages: number, closeMs: number) {
  return {
    // The cap is per stream, and the client opens several unless told otherwise. The server honours the cap, so
    // excess can only be a message or two; with `false` a close that waits stalls until its timeout.
    flowControl: { maxMessages, allowExcessMessages: true },
    streamingOptions: { maxStreams: 1 },
    maxExtensionTime: Duration.from({ milliseconds: leaseMs }),
    closeOptions: {
      behavior: SubscriptionCloseBehaviors.WaitForProcessing,
      timeout: Duration.from({ milliseconds: closeMs }),
    },
    batching: { maxMilliseconds: 10, maxMessages: 100 },
  };
}

function toDelivery(subscription: string, message: Message, stepAside: () => void): Delivery {
  return {
    id: message.id,
    data: message.data,
    attributes: message.attributes,
    subscription,
    deliveryAttempt: Math.max(1, message.deliveryAttempt),
    ack: () => message.ack(),
    nack: () => message.nack(),
    stepAside,
  };
}
