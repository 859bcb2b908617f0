// A worker's drain with the real client over our server: what is on its way to it when its stream closes goes back at once.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPubSubServer } from "@segue/local-cloud";
import { createPubSub, createSubscriber } from "@segue/queue";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startFaultProxy } from "../../chaos/fault-proxy.ts";
import { Api, sleep } from "./conformance-case.ts";

let dataDir: string;
let server: Awaited<ReturnType<typeof startPubSubServer>>;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "segue-pubsub-"));
  server = await startPubSubServer({ host: "127.0.0.1", port: 0, dataDir });
});
afterEach(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true });
});

/** Each way between worker and server takes so long, so that the message is on its way when the drain begins. */
const wayMs = 300;

it.each([
  { name: "idle", working: false },
  // What arrives fills the client, which pauses its stream then.
  { name: "at work, with room for one more", working: true },
])(
  "a message that arrives while the stream of a worker closes comes again at once: $name",
  async (one) => {
    await using api = new Api(server.port);
    const topic = await api.topic();
    const subscription = await api.subscription(topic, {
      deadLetterPolicy: { deadLetterTopic: topic.name, maxDeliveryAttempts: 20 },
    });
    await using proxy = await startFaultProxy({ host: "127.0.0.1", port: server.port });
    const pubsub = createPubSub(api.projectId, {
      apiEndpoint: `127.0.0.1:${proxy.port}`,
      emulatorMode: true,
    });
    const handled: string[] = [];
    const errors: Error[] = [];
    const working = Promise.withResolvers<void>();
    const worker = createSubscriber(pubsub, {
      subscription: subscription.name,
      concurrency: 2,
      drainMs: 8_000,
      async handle(delivery) {
        handled.push(delivery.data.toString());
        if (one.working) await working.promise;
        delivery.ack();
      },
      onError: (error) => errors.push(error),
    });
    await topic.publishMessage({ data: Buffer.from("first") });
    await expect.poll(() => handled).toEqual(["first"]);

    proxy.set({ kind: "delay", ms: wayMs });
    await topic.publishMessage({ data: Buffer.from("late") });
    await sleep(wayMs / 3); // sent by the server, and not there yet
    const drained = worker.drain();
    setTimeout(() => working.resolve(), wayMs);
    await drained;

    const [again] = await api.pull(subscription, 1, 2_000);
    expect(again).toMatchObject({ text: "late", deliveryAttempt: 2 });
    await api.acknowledge(subscription, [again?.ackId ?? ""]);
    expect(await api.pull(subscription, 1, 300)).toEqual([]);
    expect(handled).toEqual(["first"]);
    expect(errors).toEqual([]);
    await pubsub.close();
  },
  30_000,
);

it("a worker whose subscription is deleted and made again pulls again, and says once what was wrong", async () => {
  await using api = new Api(server.port);
  const topic = await api.topic();
  const subscription = await api.subscription(topic);
  const handled: string[] = [];
  const errors: string[] = [];
  const worker = createSubscriber(api.pubsub, {
    subscription: subscription.name,
    concurrency: 1,
    drainMs: 5_000,
    async handle(delivery) {
      handled.push(delivery.data.toString());
      delivery.ack();
    },
    onError: (error) => errors.push(error.message),
  });
  await topic.publishMessage({ data: Buffer.from("before") });
  await expect.poll(() => handled).toEqual(["before"]);
  await subscription.delete();
  // Time for a second attempt to open it.
  await sleep(2_500);
  await topic.createSubscription(subscription.name);
  await topic.publishMessage({ data: Buffer.from("after") });
  await expect.poll(() => handled).toEqual(["before", "after"]);
  expect(errors).toHaveLength(new Set(errors).size);
  expect(errors.length).toBeGreaterThan(0);
  await worker.drain();
});
