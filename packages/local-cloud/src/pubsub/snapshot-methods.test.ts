import { expect, onTestFinished, test } from "vitest";
import { Broker } from "./broker.ts";
import { checkSubscription, checkTopic, Subscription, Topic } from "./resources.ts";
import { snapshotMethods } from "./snapshot-methods.ts";
import { Store } from "./store.ts";

test("the name of a snapshot that has expired is free again", async () => {
  let now = Date.now();
  const broker = new Broker(new Store(null), { now: () => now, log: () => {} });
  onTestFinished(() => broker.close());
  const [topic, subscription] = ["projects/p/topics/tracks", "projects/p/subscriptions/sub"];
  broker.addTopic(checkTopic(Topic.parse({ name: topic })));
  broker.addSubscription(
    checkSubscription(Subscription.parse({ name: subscription, topic })),
    broker.topic(topic),
  );
  const create = () =>
    snapshotMethods(broker).CreateSnapshot?.({ name: "projects/p/snapshots/nightly", subscription });
  expect(create()).toMatchObject({ topic });
  expect(create).toThrow(/nightly/);
  now += 8 * 86_400_000;
  expect(create()).toMatchObject({ topic });
});
