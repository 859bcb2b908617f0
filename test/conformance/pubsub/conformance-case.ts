import { randomUUID } from "node:crypto";
import {
  type CreateSubscriptionOptions,
  type Message,
  PubSub,
  type Subscription,
  type Topic,
  v1,
} from "@google-cloud/pubsub";

/** One documented behaviour: `run` throws when the server behind `api` does not show it. */
export type ConformanceCase = { readonly name: string; run(api: Api): Promise<void> };

/** gRPC status codes that the cases expect. */
export const CODE = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
} as const;

/** The real client on one server, with topics and subscriptions of its own for each case. */
export class Api {
  readonly pubsub: PubSub;
  readonly publisher: v1.PublisherClient;
  readonly subscriber: v1.SubscriberClient;
  readonly projectId: string;
  readonly port: number;
  readonly #open: Subscription[] = [];

  /** The client finds the server as every service does: through PUBSUB_EMULATOR_HOST. */
  constructor(port: number) {
    this.port = port;
    process.env.PUBSUB_EMULATOR_HOST = `localhost:${port}`;
    this.projectId = `case-${randomUUID().slice(0, 8)}`;
    this.pubsub = new PubSub({ projectId: this.projectId });
    const options = { ...this.pubsub.options };
    this.publisher = new v1.PublisherClient(options);
    this.subscriber = new v1.SubscriberClient(options);
  }

  topicName(id: string): string {
    return `projects/${this.projectId}/topics/${id}`;
  }
  subscriptionName(id: string): string {
    return `projects/${this.projectId}/subscriptions/${id}`;
  }

  async topic(): Promise<Topic> {
    const [topic] = await this.pubsub.createTopic(`topic-${randomUUID().slice(0, 8)}`);
    return topic;
  }

  async subscription(topic: Topic, options: CreateSubscriptionOptions = {}): Promise<Subscription> {
    const [subscription] = await topic.createSubscription(`sub-${randomUUID().slice(0, 8)}`, options);
    this.#open.push(subscription);
    return subscription;
  }

  /** Another client object on an existing subscription, with options of its own. */
  reopen(subscription: Subscription, options: Parameters<PubSub["subscription"]>[1] = {}): Subscription {
    const again = this.pubsub.subscription(subscription.name, options);
    this.#open.push(again);
    return again;
  }

  /** What Pull returns right away (waiting a little for what is on its way), without acknowledging. */
  async pull(subscription: Subscription, maxMessages = 100, waitMs = 2000): Promise<Pulled[]> {
    const pulled: Pulled[] = [];
    const untilMs = Date.now() + waitMs;
    while (pulled.length < maxMessages && Date.now() < untilMs) {
      const [response] = await this.subscriber.pull({
        subscription: subscription.name,
        maxMessages: maxMessages - pulled.length,
        returnImmediately: true,
      });
      const received = response.receivedMessages ?? [];
      for (const { ackId, message, deliveryAttempt } of received) {
        pulled.push({
          ackId: ackId ?? "",
          text: Buffer.from(message?.data ?? "").toString(),
          attributes: message?.attributes ?? {},
          orderingKey: message?.orderingKey ?? "",
          deliveryAttempt: deliveryAttempt ?? 0,
        });
      }
      if (received.length === 0) await sleep(50);
    }
    return pulled;
  }

  async modifyAckDeadline(subscription: Subscription, ackIds: string[], sec: number): Promise<void> {
    await this.subscriber.modifyAckDeadline({
      subscription: subscription.name,
      ackIds,
      ackDeadlineSeconds: sec,
    });
  }
  async acknowledge(subscription: Subscription, ackIds: string[]): Promise<void> {
    await this.subscriber.acknowledge({ subscription: subscription.name, ackIds });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map((subscription) => subscription.close()));
    await Promise.all([this.publisher.close(), this.subscriber.close(), this.pubsub.close()]);
  }
}

export type Pulled = {
  readonly ackId: string;
  readonly text: string;
  readonly attributes: Record<string, string>;
  readonly orderingKey: string;
  readonly deliveryAttempt: number;
};

/** For spans that the behaviour itself is about, such as an ack deadline that must pass. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Opens the subscription and hands each message to `handle` until it returns true; rejects after `timeoutMs`. */
export function receive(
  subscription: Subscription,
  handle: (message: Message) => boolean,
  timeoutMs = 8000,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: Error) => {
      clearTimeout(timer);
      subscription.removeListener("message", onMessage);
      subscription.removeListener("error", finish);
      if (error) reject(error);
      else resolve();
    };
    const timer = setTimeout(() => finish(new Error(`waited ${timeoutMs} ms for messages`)), timeoutMs);
    const onMessage = (message: Message) => {
      if (handle(message)) finish();
    };
    subscription.on("message", onMessage);
    subscription.on("error", finish);
  });
}

export function textOf(message: Message): string {
  return message.data.toString();
}

export async function publishTexts(topic: Topic, texts: readonly string[]): Promise<string[]> {
  return Promise.all(texts.map((text) => topic.publishMessage({ data: Buffer.from(text) })));
}

/** Throws unless `promise` rejects with the gRPC status code. */
export async function rejectsWith(code: number, promise: Promise<unknown>, what = "the call"): Promise<void> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === code) return;
    throw new Error(`${what}: expected status ${code}, came ${String(error)}`);
  }
  throw new Error(`${what}: expected status ${code}, came success`);
}

/** Throws unless `promise` resolves within `ms`. */
export async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
