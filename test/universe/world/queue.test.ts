import { expect, test } from "vitest";
import { Faults, noTroubles } from "./faults.ts";
import type { Consumer, Lease, SubscriptionSettings } from "./lease.ts";
import { Owner } from "./owner.ts";
import { Queue } from "./queue.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";

function createTrial(settings: Partial<SubscriptionSettings> = {}) {
  const scheduler = new Scheduler(1);
  const queue = new Queue(scheduler, new Faults(scheduler, noTroubles, 4));
  queue.subscribe({
    name: "s",
    topic: "t",
    filter: "",
    ackDeadlineSec: 10,
    retry: { minBackoffSec: 1, maxBackoffSec: 60 },
    deadLetter: null,
    ...settings,
  });
  const taken: Lease[] = [];
  const consume = (maxMessages = 10, name = "p"): Consumer => {
    const consumer: Consumer = {
      owner: new Owner(name, new Random(name)),
      maxMessages,
      held: new Set(),
      isOpen: true,
      take: (lease) => void taken.push(lease),
    };
    queue.connect("s", consumer);
    return consumer;
  };
  const publish = (attributes: Record<string, string> = {}) =>
    queue.publish("t", { data: Buffer.from("hello"), attributes });
  return { scheduler, queue, taken, consume, publish };
}

test("a message comes once, and never again after its ack", async () => {
  const { scheduler, queue, taken, consume, publish } = createTrial();
  consume();
  publish();
  await scheduler.run(1_000);
  expect(taken.map(({ attempt }) => attempt)).toEqual([1]);
  for (const lease of taken) queue.ack(lease);
  await scheduler.run(600_000);
  expect(taken).toHaveLength(1);
  expect(queue.subscriptions.get("s")?.entries.size).toBe(0);
});

test("a subscription gets what its filter lets by", async () => {
  const { scheduler, taken, consume, publish } = createTrial({
    filter: 'attributes:"want.a" AND NOT attributes:"backfill"',
  });
  consume();
  publish({ "want.a": "1" });
  publish({ "want.b": "1" });
  publish({ "want.a": "1", backfill: "1" });
  await scheduler.run(1_000);
  expect(taken.map(({ entry }) => entry.message.id)).toEqual(["1"]);
});

test("a lease that nobody extends runs out, and the message comes again; a nack's comes sooner", async () => {
  const { scheduler, queue, taken, consume, publish } = createTrial();
  consume();
  publish();
  await scheduler.run(9_000);
  expect(taken).toHaveLength(1);
  await scheduler.run(20_000);
  expect(taken.map(({ attempt }) => attempt)).toEqual([1, 2]);
  const [, second] = taken;
  if (second) queue.nack(second);
  await scheduler.run(24_000);
  expect(taken.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
});

test("a client holds no more than it asks for", async () => {
  const { scheduler, queue, taken, consume, publish } = createTrial();
  consume(2);
  for (let index = 0; index < 5; index++) publish();
  await scheduler.run(1_000);
  expect(taken).toHaveLength(2);
  const [first] = taken;
  if (first) queue.ack(first);
  await scheduler.run(2_000);
  expect(taken).toHaveLength(3);
});

test("what has been delivered too often goes to the dead letters, and says where it comes from", async () => {
  const { scheduler, queue, taken, consume, publish } = createTrial({
    deadLetter: { topic: "dead", maxDeliveryAttempts: 3 },
  });
  queue.subscribe({
    name: "d",
    topic: "dead",
    filter: "",
    ackDeadlineSec: 10,
    retry: { minBackoffSec: 1, maxBackoffSec: 60 },
    deadLetter: null,
  });
  consume();
  publish({ a: "b" });
  await scheduler.run(300_000);
  expect(taken).toHaveLength(3);
  const [letter] = queue.subscriptions.get("d")?.entries ?? [];
  expect(letter?.message.attributes).toMatchObject({ a: "b", CloudPubSubDeadLetterSourceSubscription: "s" });
});
