import { createNames } from "@segue/chain";
import { startPubSubServer } from "@segue/local-cloud";
import { expect, onTestFinished, test } from "vitest";
import { createPubSub } from "./create-pubsub.ts";
import { openLane } from "./open-lane.ts";

async function openOne(change: (subscription: object) => void) {
  const host = "127.0.0.1";
  const server = await startPubSubServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${server.port}`, emulatorMode: true });
  const names = createNames({ projectId: "test", prefix: "t" });
  await pubsub.createTopic(names.topic("x"));
  await pubsub.topic(names.topic("x")).createSubscription(names.subscription("x", "y"));
  const make = pubsub.subscription.bind(pubsub);
  let opened: object = {};
  pubsub.subscription = (name, options) => {
    const subscription = make(name, options);
    opened = subscription;
    return subscription;
  };
  const troubles: string[] = [];
  const lane = openLane(pubsub, {
    subscription: names.subscription("x", "y"),
    maxMessages: 1,
    closeMs: 1_000,
    take: (message) => message.ack(),
    onTrouble: ({ message }) => troubles.push(message),
  });
  change(opened);
  onTestFinished(async () => {
    await lane.close();
    await pubsub.close();
    await server.close();
  });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return troubles;
}

test("the client that is installed keeps its streams where a drain looks for them", async () => {
  expect(await openOne(() => {})).toEqual([]);
});

test("a client that keeps its streams elsewhere is told of at the start, not found out at a drain", async () => {
  const troubles = await openOne((subscription) => {
    const stream = Reflect.get(Reflect.get(subscription, "_subscriber"), "_stream");
    // It works on for the client itself, and is no array.
    stream._streams = Object.assign(Object.create(Array.prototype), stream._streams, {
      length: stream._streams.length,
    });
  });
  expect(troubles).toEqual([expect.stringContaining("elsewhere than expected")]);
});
