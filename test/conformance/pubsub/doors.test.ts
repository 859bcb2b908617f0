// What comes through a door may do what its identity is granted; all else is refused in the cloud's words. With the real client.
import { PubSub } from "@google-cloud/pubsub";
import { type PubSubServer, startPubSubServer } from "@segue/local-cloud";
import type { Access } from "@segue/local-cloud/doors";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const topic = (name: string) => `projects/p/topics/${name}`;
const subscription = (name: string) => `projects/p/subscriptions/${name}`;
const denied = { code: 7, details: "User not authorized to perform this action." };

let server: PubSubServer;
let all: PubSub;
let worker: PubSub;
const accesses: Access[] = [];
const clientOf = (port: number | undefined) =>
  new PubSub({ projectId: "p", apiEndpoint: `127.0.0.1:${port}`, emulatorMode: true });

beforeAll(async () => {
  const grants = [
    { permission: "pubsub.topics.publish", resource: topic("facts") },
    { permission: "pubsub.subscriptions.consume", resource: subscription("facts.worker") },
    { permission: "pubsub.topics.attachSubscription", resource: topic("news") },
    ...["create", "consume", "delete"].map((verb) => ({
      permission: `pubsub.subscriptions.${verb}`,
      resource: subscription("news.worker-*"),
    })),
  ];
  server = await startPubSubServer({
    host: "127.0.0.1",
    port: 0,
    dataDir: null,
    doors: [{ identity: "worker", port: 0, grants }],
    onAccess: (access) => accesses.push(access),
  });
  all = clientOf(server.port);
  worker = clientOf(server.doorPorts.get("worker"));
  for (const name of ["facts", "news", "foreign", "dead"]) await all.createTopic(name);
  const deadLetterPolicy = { deadLetterTopic: topic("dead"), maxDeliveryAttempts: 5 };
  await all.createSubscription("facts", "facts.worker", {
    deadLetterPolicy,
    retryPolicy: { minimumBackoff: { seconds: 0 }, maximumBackoff: { seconds: 0 } },
  });
  await all.createSubscription("foreign", "foreign.other");
  await all.createSubscription("dead", "dead.all");
});
beforeEach(() => {
  accesses.length = 0;
});
afterAll(async () => {
  await Promise.all([all.close(), worker.close()]);
  await server.close();
});

const next = (client: PubSub, name: string, settle: "ack" | "nack") =>
  new Promise<string>((resolve, reject) => {
    const subscriber = client.subscription(name, { flowControl: { maxMessages: 1 } });
    subscriber.on("error", reject).on("message", (message) => {
      message[settle]();
      void subscriber.close().then(() => resolve(String(message.data)));
    });
  });

test("what is granted is done: publishing, pulling, settling", async () => {
  await worker.topic("facts").publishMessage({ data: Buffer.from("granted") });
  expect(await next(worker, "facts.worker", "ack")).toBe("granted");
  expect(accesses.every(({ grantedBy }) => grantedBy !== null)).toBe(true);
  expect(accesses.map(({ permission, resource }) => [permission, resource])).toEqual(
    expect.arrayContaining([
      ["pubsub.topics.publish", topic("facts")],
      ["pubsub.subscriptions.consume", subscription("facts.worker")],
    ]),
  );
});

test("a subscription of a process's own is made and deleted under the name that it may have", async () => {
  const [own] = await worker.createSubscription("news", "news.worker-1");
  await own.delete();
  await expect(worker.createSubscription("news", "news.other-1")).rejects.toMatchObject(denied);
  await expect(worker.createSubscription("facts", "news.worker-2")).rejects.toMatchObject(denied);
});

test("nothing else is, nor whether it is there told", async () => {
  const data = Buffer.from("x");
  for (const name of ["foreign", "none"])
    await expect(worker.topic(name).publishMessage({ data })).rejects.toMatchObject(denied);
  await expect(next(worker, "foreign.other", "ack")).rejects.toMatchObject(denied);
  await expect(worker.topic("facts").getMetadata()).rejects.toMatchObject(denied);
  await expect(worker.subscription("facts.worker").seek(new Date())).resolves.toBeDefined();
  await expect(worker.subscription("facts.worker").delete()).rejects.toMatchObject(denied);
  await expect(worker.getTopics()).rejects.toMatchObject(denied);
  expect(accesses).toContainEqual({
    identity: "worker",
    permission: "pubsub.topics.publish",
    resource: topic("foreign"),
    grantedBy: null,
  });
});

test("what may not be pulled through one door is not acknowledged through it either", async () => {
  await all.topic("foreign").publishMessage({ data: Buffer.from("theirs") });
  const { v1 } = await import("@google-cloud/pubsub");
  const name = subscription("foreign.other");
  const ask = async (client: InstanceType<typeof v1.SubscriberClient>) =>
    client.pull({ subscription: name, maxMessages: 1 });
  const theirs = new v1.SubscriberClient({ ...all.options });
  const ours = new v1.SubscriberClient({ ...worker.options });
  const [{ receivedMessages }] = await ask(theirs);
  const ackIds = (receivedMessages ?? []).map(({ ackId }) => ackId ?? "");
  expect(ackIds).toHaveLength(1);
  await expect(ask(ours)).rejects.toMatchObject(denied);
  await expect(ours.acknowledge({ subscription: name, ackIds })).rejects.toMatchObject(denied);
  await expect(
    ours.modifyAckDeadline({ subscription: name, ackIds, ackDeadlineSeconds: 0 }),
  ).rejects.toMatchObject(denied);
  // Under the name of a subscription of one's own neither.
  await expect(
    ours.acknowledge({ subscription: subscription("facts.worker"), ackIds }),
  ).rejects.toMatchObject({ code: 3 });
  await theirs.modifyAckDeadline({ subscription: name, ackIds, ackDeadlineSeconds: 0 });
  const [again] = await ask(theirs);
  expect(again.receivedMessages).toHaveLength(1);
  await Promise.all([theirs.close(), ours.close()]);
});

test("dead letters are moved by the queue itself: who fails at a message needs no right to their topic", async () => {
  await all.topic("facts").publishMessage({ data: Buffer.from("fails") });
  for (let attempt = 0; attempt < 5; attempt++) await next(worker, "facts.worker", "nack");
  expect(await next(all, "dead.all", "ack")).toBe("fails");
  expect(accesses.filter(({ grantedBy }) => grantedBy === null)).toEqual([]);
});
