import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Message } from "@google-cloud/pubsub";
import { startPubSubServer } from "@segue/local-cloud";
import { createPubSub } from "@segue/queue";
import { backfillPatienceMs } from "@segue/runner";
import { expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";
import { createBackfillSubscriber } from "./subscribers/backfill-subscriber.ts";
import { createLiveWork } from "./subscribers/live-work.ts";

const backfill = { priority: "backfill" } as const;

test("live tracks overtake a backfill, which then goes on", async () => {
  await using cloud = await startWorkerCloud();
  const gate = cloud.path("gate");
  const old: string[] = [];
  for (let n = 1; n <= 6; n++) {
    old.push(await cloud.submit(n, n === 1 ? `hold ${gate}` : `old ${n}`, ["read"], backfill));
  }
  await cloud.startWorker("reader");
  await expect.poll(() => existsSync(`${gate}.held`)).toBe(true);
  const live: string[] = [];
  for (let n = 7; n <= 9; n++) live.push(await cloud.submit(n, `live ${n}`));
  await writeFile(gate, "");
  await expect.poll(() => cloud.outcomes.length).toBe(9);
  const order = cloud.outcomes.map(({ trackId }) => trackId);
  const after = order.slice(order.findLastIndex((id) => live.includes(id)) + 1);
  // Before them: the one that ran when they came, and at most one that began before the worker had heard of them.
  expect(after.length).toBeGreaterThanOrEqual(4);
});

test("between two live deliveries that follow each other closely nothing is idle", async () => {
  const live = createLiveWork();
  const forever = new AbortController().signal;
  live.enter()[Symbol.dispose]();
  expect(await live.idleWithin(1, forever)).toBe(false);
  const second = live.enter();
  expect(await live.idleWithin(400, forever)).toBe(false);
  second[Symbol.dispose]();
  expect(await live.idleWithin(60_000, forever)).toBe(true);
});

test("what runs has its lease after however long its delivery was held", async () => {
  await using server = await startPubSubServer({ host: "127.0.0.1", port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `127.0.0.1:${server.port}`, emulatorMode: true });
  const [topic] = await pubsub.createTopic("tests");
  await topic.createSubscription("tests.backfill");
  const opened: (number | undefined)[] = [];
  const open: typeof pubsub.subscription = (name, options) => {
    opened.push(options?.maxExtensionTime?.milliseconds);
    return pubsub.subscription(name, options);
  };
  const subscriber = createBackfillSubscriber(Object.create(pubsub, { subscription: { value: open } }), {
    ...{ subscription: "tests.backfill", concurrency: 1, drainMs: 1_000, live: createLiveWork() },
    leaseMs: 1_200_000,
    async handle() {},
    onError() {},
  });
  await expect.poll(() => opened).toEqual([expect.any(Number)]);
  expect(opened[0]).toBeGreaterThanOrEqual(1_200_000 + backfillPatienceMs);
  await subscriber.drain();
  await pubsub.close();
});

test("while live work goes on, what is held goes back, nothing is pulled, and then it comes again", async () => {
  const server = await startPubSubServer({ host: "127.0.0.1", port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `127.0.0.1:${server.port}`, emulatorMode: true });
  const [topic] = await pubsub.createTopic("tests");
  await topic.createSubscription("tests.backfill", {
    retryPolicy: { minimumBackoff: { nanos: 10_000_000 }, maximumBackoff: { nanos: 20_000_000 } },
  });
  const live = createLiveWork();
  const handled: number[] = [];
  const subscriber = createBackfillSubscriber(pubsub, {
    subscription: "tests.backfill",
    concurrency: 1,
    drainMs: 1_000,
    live,
    patienceMs: 300,
    async handle(delivery) {
      handled.push(delivery.deliveryAttempt);
      delivery.ack();
    },
    onError(error) {
      throw error;
    },
  });
  const publish = (text: string) => topic.publishMessage({ data: Buffer.from(text) });
  await publish("while idle");
  await expect.poll(() => handled.length).toBe(1);
  const inHand = live.enter();
  await publish("while busy");
  // Held, handed back, and then left alone: another subscriber finds it there.
  const spy = pubsub.subscription("tests.backfill", { flowControl: { maxMessages: 1 } });
  const seen = await new Promise<Message>((resolve) => spy.once("message", resolve));
  await spy.close();
  expect(handled).toEqual([1]);
  inHand[Symbol.dispose]();
  seen.nack();
  await expect.poll(() => handled.length).toBe(2);
  await subscriber.drain();
  await pubsub.close();
  await server.close();
});
