import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Broker } from "./broker.ts";
import { Consumer } from "./consumer.ts";
import { encode } from "./protos.ts";
import { parsePublishRequest } from "./publish-request.ts";
import { checkSubscription, checkTopic, Subscription, Topic } from "./resources.ts";
import { StatusError } from "./status-error.ts";
import { Store } from "./store.ts";
import type { SubscriptionEntity } from "./subscription-entity.ts";
import type { ReceivedMessage } from "./wire-writer.ts";

const TOPIC = "projects/p/topics/tracks";

let store: Store;
let broker: Broker;

function open(): void {
  store = new Store(null);
  broker = new Broker(store, { now: Date.now, log: () => {} });
}

function subscribe(options: Record<string, unknown> = {}, id = "sub"): SubscriptionEntity {
  const name = `projects/p/subscriptions/${id}`;
  return broker.addSubscription(
    checkSubscription(Subscription.parse({ name, topic: TOPIC, ...options })),
    broker.topic(TOPIC),
  );
}

function publish(count: number, bytes = 10): void {
  const messages = Array.from({ length: count }, () => ({ data: Buffer.alloc(bytes, "x") }));
  const request = encode("google.pubsub.v1.PublishRequest", { topic: TOPIC, messages });
  broker.publish(parsePublishRequest(request), (failure) => expect(failure).toBeUndefined());
  broker.commit.flush();
}

function consume(subscription: SubscriptionEntity, maxMessages: number): ReceivedMessage[] {
  const received: ReceivedMessage[] = [];
  const consumer = new Consumer({
    maxMessages,
    maxBytes: 0,
    leaseMs: 10_000,
    once: false,
    send: (batch) => received.push(...batch) > 0,
  });
  subscription.attach(consumer);
  return received;
}

const leaseOf = ({ ackId }: ReceivedMessage) => Number(ackId.split("-")[2]);

const rows = (table: "message" | "backlog") =>
  Number(store.statement(`SELECT count(*) AS n FROM ${table}`).get()?.n);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_763_719_999_000 });
  open();
  broker.addTopic(checkTopic(Topic.parse({ name: TOPIC })));
});
afterEach(async () => {
  await broker.close();
  vi.useRealTimers();
});

describe("retention", () => {
  it("drops what nobody acknowledged in time, in memory and on disk", () => {
    const subscription = subscribe({ messageRetentionDuration: { seconds: 600 } });
    publish(3);
    vi.advanceTimersByTime(500_000);
    publish(2);
    vi.advanceTimersByTime(160_000);
    expect(rows("backlog")).toBe(2);
    expect(rows("message")).toBe(2);
    expect(consume(subscription, 10)).toHaveLength(2);
    vi.advanceTimersByTime(600_000);
    expect(rows("message")).toBe(0);
  });
  it("sets no timer while there is nothing to expire", () => {
    subscribe();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("storage", () => {
  it("keeps a payload until the last subscription has acknowledged it", () => {
    const [one, two] = [subscribe({}, "one"), subscribe({}, "two")];
    publish(1);
    for (const [subscription, left] of [
      [one, 1],
      [two, 0],
    ] as const) {
      const [received] = consume(subscription, 1);
      const [, message, lease] = (received?.ackId ?? "").split("-").map(Number);
      subscription.acknowledge(
        [{ subscription: subscription.sid, message: message ?? 0, lease: lease ?? 0 }],
        () => {},
      );
      broker.commit.flush();
      expect(rows("message")).toBe(left);
    }
  });
  it("stores nothing for a topic without subscriptions", () => {
    publish(5);
    expect(rows("message")).toBe(0);
  });
  it("removes the payloads with the subscription that held them", () => {
    const subscription = subscribe();
    publish(5);
    broker.emptySubscription(subscription, new StatusError(status.NOT_FOUND, "deleted"));
    expect(rows("message")).toBe(0);
    expect(rows("backlog")).toBe(0);
  });
});

describe("a message that is given back", () => {
  it("is offered to the others before it comes again to whoever gave it back", () => {
    const subscription = subscribe();
    const all = [1, 2, 3].map(() => consume(subscription, 10));
    publish(1);
    const counts = [];
    for (let times = 0; times < 6; times++) {
      subscription.queue.pump();
      counts.push(all.map((received) => received.length).join(" "));
      const latest = all
        .flat()
        .toSorted((a, b) => a.deliveryAttempt - b.deliveryAttempt || leaseOf(a) - leaseOf(b));
      const [, message = 0, lease = 0] = (latest.at(-1)?.ackId ?? "").split("-").map(Number);
      subscription.modifyAckDeadline([{ subscription: subscription.sid, message, lease }], 0, () => {});
      broker.commit.flush();
      vi.advanceTimersByTime(1);
    }
    expect(counts).toEqual(["1 0 0", "1 1 0", "1 1 1", "2 1 1", "2 2 1", "2 2 2"]);
  });
});

describe("a backlog larger than the window", () => {
  it("comes whole and in order, with only a window of it in memory", () => {
    const subscription = subscribe();
    for (let i = 0; i < 30; i++) publish(1000, 1000);
    const received = consume(subscription, 0);
    while (received.length < 30_000) {
      const before = received.length;
      subscription.queue.pump();
      expect(received.length).toBeGreaterThan(before);
    }
    const ids = received.map(({ id }) => Number(id));
    expect(new Set(ids).size).toBe(30_000);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });
});

describe("workers", () => {
  it("with small limits share message by message", () => {
    const subscription = subscribe();
    const received = [consume(subscription, 6), consume(subscription, 6), consume(subscription, 6)];
    publish(9);
    expect(received.map(({ length }) => length)).toEqual([3, 3, 3]);
  });
});
