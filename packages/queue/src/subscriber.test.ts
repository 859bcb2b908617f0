import { createNames } from "@segue/chain";
import { startPubSubServer } from "@segue/local-cloud";
import { expect, test, vi } from "vitest";
import { createPubSub } from "./create-pubsub.ts";
import { createSubscriber } from "./subscriber.ts";

const host = "127.0.0.1";
const names = createNames({ projectId: "test", prefix: "t" });

test("a pull that is refused is trouble for as long as it is, whatever the queue says of the subscription", async () => {
  const consume = {
    permission: "pubsub.subscriptions.consume",
    resource: "projects/test/subscriptions/t.x.granted",
  };
  const doors = [{ identity: "worker", port: 0, grants: [consume] }];
  await using server = await startPubSubServer({ host, port: 0, dataDir: null, doors });
  const owner = createPubSub("test", { apiEndpoint: `${host}:${server.port}`, emulatorMode: true });
  const worker = createPubSub("test", {
    apiEndpoint: `${host}:${server.doorPorts.get("worker")}`,
    emulatorMode: true,
  });
  await owner.createTopic(names.topic("x"));
  for (const subscription of ["t.x.granted", "t.x.refused"])
    await owner.topic(names.topic("x")).createSubscription(subscription);
  const subscribers = ["t.x.granted", "t.x.refused"].map((subscription) =>
    createSubscriber(worker, {
      ...{ subscription, concurrency: 1, drainMs: 500 },
      handle: async (delivery) => delivery.ack(),
      onError() {},
    }),
  );
  const [granted, refused] = subscribers;
  try {
    await vi.waitFor(() =>
      expect(refused?.trouble()).toMatch(/^subscription t\.x\.refused: .*not authorized/),
    );
    // It is opened again each second: a probe between two attempts is told the same.
    const until = performance.now() + 3_000;
    while (performance.now() < until) {
      expect(refused?.trouble()).toContain("not authorized");
      expect(granted?.trouble()).toBeUndefined();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await Promise.all(subscribers.map((subscriber) => subscriber.drain()));
    await Promise.all([owner.close(), worker.close()]);
  }
});
