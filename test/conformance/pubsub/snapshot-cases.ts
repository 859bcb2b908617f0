import assert from "node:assert/strict";
import { CODE, type ConformanceCase, publishTexts, rejectsWith } from "./conformance-case.ts";

const texts = (pulled: readonly { text: string }[]) => pulled.map(({ text }) => text).sort();

export const snapshotCases: ConformanceCase[] = [
  {
    name: "snapshot: seeking to it brings back what was unacknowledged then, and all that was published since",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["done before", "open"]);
      const before = await api.pull(subscription, 2);
      const done = before.filter(({ text }) => text === "done before").map(({ ackId }) => ackId);
      await api.acknowledge(subscription, done);
      const [snapshot] = await subscription.createSnapshot("before-the-release");
      await publishTexts(topic, ["since"]);
      const pulled = await api.pull(subscription, 1);
      await api.acknowledge(
        subscription,
        [...before, ...pulled].map(({ ackId }) => ackId),
      );
      assert.deepEqual(await api.pull(subscription, 1, 300), []);
      await subscription.seek(snapshot.name);
      assert.deepEqual(texts(await api.pull(subscription, 2)), ["open", "since"]);
    },
  },
  {
    name: "snapshot: another subscription of the topic may be set to it, through its own filter",
    async run(api) {
      const topic = await api.topic();
      const first = await api.subscription(topic);
      const second = await api.subscription(topic, { filter: 'attributes.for = "second"' });
      const [snapshot] = await first.createSnapshot("shared");
      await topic.publishMessage({ data: Buffer.from("mine"), attributes: { for: "second" } });
      await topic.publishMessage({ data: Buffer.from("not mine") });
      const pulled = await api.pull(second, 1);
      await api.acknowledge(
        second,
        pulled.map(({ ackId }) => ackId),
      );
      await second.seek(snapshot.name);
      assert.deepEqual(texts(await api.pull(second, 2, 1000)), ["mine"]);
    },
  },
  {
    name: "snapshot: it is listed, its labels change, and once deleted it is NOT_FOUND",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const [snapshot] = await subscription.createSnapshot("kept");
      const named = { snapshot: snapshot.name };
      const [got] = await api.subscriber.getSnapshot(named);
      assert.equal(got.topic, topic.name);
      const livesSec = Number(got.expireTime?.seconds) - Date.now() / 1000;
      assert.ok(livesSec > 6 * 86_400 && livesSec <= 7 * 86_400 + 60, `${livesSec} s`);
      await rejectsWith(CODE.ALREADY_EXISTS, subscription.createSnapshot("kept"));
      const [updated] = await api.subscriber.updateSnapshot({
        snapshot: { name: snapshot.name, labels: { release: "7" } },
        updateMask: { paths: ["labels"] },
      });
      assert.deepEqual(updated.labels, { release: "7" });
      const [all] = await api.pubsub.getSnapshots();
      assert.deepEqual(
        all.map(({ name }) => name),
        [snapshot.name],
      );
      const [ofTopic] = await api.publisher.listTopicSnapshots({ topic: topic.name });
      assert.deepEqual(ofTopic, [snapshot.name]);
      const [subscriptions] = await topic.getSubscriptions();
      assert.equal(subscriptions.length, 1);
      await snapshot.delete();
      await rejectsWith(CODE.NOT_FOUND, api.subscriber.getSnapshot(named));
      await rejectsWith(CODE.NOT_FOUND, subscription.seek(snapshot.name));
    },
  },
  {
    name: "snapshot: one of another topic is FAILED_PRECONDITION to seek to, of a missing subscription NOT_FOUND",
    async run(api) {
      const [snapshot] = await (await api.subscription(await api.topic())).createSnapshot("elsewhere");
      const subscription = await api.subscription(await api.topic());
      await rejectsWith(CODE.FAILED_PRECONDITION, subscription.seek(snapshot.name));
      await rejectsWith(CODE.NOT_FOUND, api.pubsub.subscription("missing").createSnapshot("orphan"));
    },
  },
];
