import { createNames } from "@segue/chain";
import { startPubSubServer } from "@segue/local-cloud";
import { expect, test } from "vitest";
import { createPubSub } from "./create-pubsub.ts";
import { createSend, NotSentError } from "./send.ts";

test("what the queue does not take is told from what it will never take", async () => {
  const host = "127.0.0.1";
  const server = await startPubSubServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${server.port}`, emulatorMode: true });
  const names = createNames({ projectId: "test", prefix: "test" });
  const send = createSend(pubsub, names);
  const message = { data: Buffer.from("{}"), attributes: {} };
  await expect(send("tasks.younger", message)).rejects.toThrow(NotSentError);
  await pubsub.createTopic(names.topic("tasks.younger"));
  await send("tasks.younger", message);
  const tooLarge = send("tasks.younger", { ...message, attributes: { long: "x".repeat(2_000) } });
  await expect(tooLarge).rejects.not.toThrow(NotSentError);
  await pubsub.close();
  await server.close();
});
