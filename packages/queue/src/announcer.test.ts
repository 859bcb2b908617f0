import type { Message } from "@google-cloud/pubsub";
import { createNames } from "@segue/chain";
import { startPubSubServer } from "@segue/local-cloud";
import { extractTrace } from "@segue/telemetry";
import { expect, test } from "vitest";
import { createAnnouncer, withinTrace } from "./announcer.ts";
import { createPubSub } from "./create-pubsub.ts";

test("what is announced within a trace carries it on, beside what filters need", async () => {
  const host = "127.0.0.1";
  const server = await startPubSubServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${server.port}`, emulatorMode: true });
  const names = createNames("test");
  const [topic] = await pubsub.createTopic(names.topic("master"));
  const [subscription] = await topic.createSubscription("test.ear");
  const heard = new Promise<Message>((resolve) => subscription.once("message", resolve));
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await withinTrace(createAnnouncer(pubsub, names), extractTrace({ traceparent })).artifactReady({
    v: 1,
    type: "ArtifactReady",
    trackId: "01890000-0000-7000-8000-000000000000",
    master: "0".repeat(64),
    record: {
      v: 1,
      address: "0".repeat(64),
      kind: "master",
      step: null,
      inputs: {},
      outcome: { status: "succeeded", facts: {}, payload: null },
      attempt: null,
    },
    wants: ["decode"],
  });
  const message = await heard;
  message.ack();
  expect(message.attributes).toEqual({
    track: "01890000-0000-7000-8000-000000000000",
    story: expect.stringMatching(/^[0-9a-f-]{36}$/),
    "want.decode": "1",
    traceparent,
  });
  await pubsub.close();
  await server.close();
});
