import type { Message } from "@google-cloud/pubsub";
import { createNames } from "@segue/chain";
import { ArtifactReady, type ArtifactRecord, type RequestBlock, Task } from "@segue/contracts";
import { startPubSubServer } from "@segue/local-cloud";
import { extractTrace } from "@segue/telemetry";
import { expect, test } from "vitest";
import { createPubSub } from "./create-pubsub.ts";
import { createPublisher } from "./publisher.ts";
import { createSend } from "./send.ts";

const id = "01890000-0000-7000-8000-000000000000";
const request: RequestBlock = {
  ...{ requestId: id, owner: "default", trackId: id, master: "0".repeat(64), priority: "live" },
  ...{ wants: ["decode"], force: [], versions: {}, addresses: {} },
};
const record: ArtifactRecord = {
  ...{ v: 1, address: "0".repeat(64), kind: "master", step: null, inputs: {}, attempt: null },
  outcome: { status: "succeeded", facts: {}, payload: null },
};
const story = expect.stringMatching(/^[0-9a-f-]{36}$/);

test("what is published within a trace carries it on, beside what filters need, to whoever it is for", async () => {
  const host = "127.0.0.1";
  const server = await startPubSubServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${server.port}`, emulatorMode: true });
  const names = createNames({ projectId: "test", prefix: "test" });
  const hear = async (topic: string) => {
    await pubsub.createTopic(names.topic(topic));
    const [subscription] = await pubsub.topic(names.topic(topic)).createSubscription(`${topic}.ear`);
    return new Promise<Message>((resolve) =>
      subscription.once("message", (message: Message) => {
        message.ack();
        resolve(message);
      }),
    );
  };
  const heard = [hear("master"), hear("tasks.decoders")];
  await expect.poll(async () => (await pubsub.getSubscriptions())[0].length).toBe(2);
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const chain = { serviceOf: (step: string) => `${step}rs` };
  const publisher = createPublisher(createSend(pubsub, names), chain).within(extractTrace({ traceparent }));
  await publisher.fact(record, request);
  await publisher.task(
    { type: "Continue", step: "decode", checkpoint: 3, request: { ...request, priority: "backfill" } },
    { story: "of before", returned: 2 },
  );
  const [fact, task] = await Promise.all(heard);
  expect(ArtifactReady.parse(JSON.parse(String(fact?.data)))).toEqual({
    ...{ v: 2, type: "ArtifactReady", record, request },
  });
  expect(fact?.attributes).toEqual({ track: id, story, "want.decode": "1", traceparent });
  expect(Task.parse(JSON.parse(String(task?.data)))).toMatchObject({ checkpoint: 3, waiting: [], hops: 0 });
  expect(task?.attributes).toEqual({
    ...{ track: id, step: "decode", story: "of before", returned: "2", backfill: "1", traceparent },
  });
  await pubsub.close();
  await server.close();
});
