import type { Message } from "@google-cloud/pubsub";
import { startPubSubServer } from "@segue/local-cloud";
import { expect, test } from "vitest";
import { createBackfillSubscriber } from "./backfill-subscriber.ts";
import { createPubSub } from "./create-pubsub.ts";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";
import { createLiveWork } from "./live-work.ts";

const patience = { timeout: 60_000, interval: 20 };
const backfill = { priority: "backfill" } as const;

test("live tracks overtake a backfill, which then goes on", { timeout: 90_000 }, async () => {
  await using cloud = await startWorkerCloud();
  const old: string[] = [];
  for (let n = 1; n <= 6; n++) old.push(await cloud.submit(n, `wait 60${n}`, ["read"], backfill));
  await cloud.startWorker("reader");
  await expect.poll(() => cloud.outcomes.length, patience).toBe(1);
  const live: string[] = [];
  for (let n = 7; n <= 9; n++) live.push(await cloud.submit(n, `live ${n}`));
  await expect.poll(() => cloud.outcomes.length, patience).toBe(9);
  const order = cloud.outcomes.map(({ trackId }) => trackId);
  // One of the backfill had run, and one was running when the live tracks came.
  expect(Math.max(...live.map((id) => order.indexOf(id)))).toBeLessThanOrEqual(5);
  expect(new Set(order.slice(-3).filter((id) => old.includes(id))).size).toBe(3);
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
  await expect.poll(() => handled.length, patience).toBe(1);
  const inHand = live.enter();
  await publish("while busy");
  // Held, handed back, and then left alone: another subscriber finds it there.
  const spy = pubsub.subscription("tests.backfill", { flowControl: { maxMessages: 1 } });
  const seen = await new Promise<Message>((resolve) => spy.once("message", resolve));
  await spy.close();
  expect(handled).toEqual([1]);
  inHand[Symbol.dispose]();
  seen.nack();
  await expect.poll(() => handled.length, patience).toBe(2);
  await subscriber.drain();
  await pubsub.close();
  await server.close();
});
