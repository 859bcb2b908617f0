import type { Message, PubSub } from "@google-cloud/pubsub";
import { atMost } from "@segue/telemetry";
import type { Delivery } from "./delivery.ts";
import { type Lane, leaseMs, openLane } from "./open-lane.ts";

export interface SubscriberOptions {
  /** Full or short name. */
  readonly subscription: string;
  /** Deliveries handled at once, apart from those that have stepped aside. */
  readonly concurrency: number;
  /** How long a drain may wait for what runs, in ms. */
  readonly drainMs: number;
  /** How long the client extends leases, in ms; a minute unless deliveries are held for longer. */
  readonly leaseMs?: number;
  /** Must not throw; acks or nacks. */
  handle(delivery: Delivery): Promise<unknown>;
  onError(error: Error): void;
}

export interface Subscriber {
  /** Why nothing can come, in words; undefined while messages can, as far as is known. */
  trouble(): string | undefined;
  /**
   * Stops pulling, hands back what has not begun, waits for what runs and for its acks to be sent, but no longer than
   * `drainMs`: what still runs then (it waits for storage that does not answer) comes again when its lease ends.
   */
  drain(): Promise<void>;
}

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
    openLane(pubsub, {
      subscription: name,
      maxMessages,
      closeMs,
      extendMs: options.leaseMs,
      take(message) {
        waiting.push(message);
        startNext();
      },
      onTrouble: options.onError,
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
    trouble: () => troubleOf(name, lane),
    async drain() {
      draining = true;
      for (const message of waiting.splice(0)) message.nack();
      for (const standIn of standIns) close(standIn);
      await atMost(options.drainMs, Promise.all([lane.close(), ...closing, ...running]));
    },
  };
}

function troubleOf(subscription: string, lane: Lane): string | undefined {
  const error = lane.trouble();
  return error && `subscription ${subscription}: ${error.message}`;
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
