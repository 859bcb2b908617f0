import assert from "node:assert/strict";
import { CODE, type ConformanceCase, publishTexts, rejectsWith } from "./conformance-case.ts";

export const topicCases: ConformanceCase[] = [
  {
    name: "topic: create, get, list, delete",
    async run(api) {
      const topic = await api.topic();
      const [metadata] = await topic.getMetadata();
      assert.equal(metadata.name, topic.name);
      const [topics] = await api.pubsub.getTopics();
      assert.deepEqual(
        topics.map(({ name }) => name),
        [topic.name],
      );
      await topic.delete();
      assert.deepEqual(await topic.exists(), [false]);
    },
  },
  {
    name: "topic: creating it twice is ALREADY_EXISTS",
    async run(api) {
      const topic = await api.topic();
      await rejectsWith(CODE.ALREADY_EXISTS, api.pubsub.createTopic(topic.name));
    },
  },
  {
    name: "topic: a missing one is NOT_FOUND to get, delete, publish and update",
    async run(api) {
      const topic = api.pubsub.topic("missing");
      await rejectsWith(CODE.NOT_FOUND, topic.getMetadata(), "get");
      await rejectsWith(CODE.NOT_FOUND, topic.delete(), "delete");
      await rejectsWith(CODE.NOT_FOUND, topic.publishMessage({ data: Buffer.from("x") }), "publish");
      await rejectsWith(CODE.NOT_FOUND, topic.setMetadata({ labels: { a: "b" } }), "update");
    },
  },
  {
    name: "topic: listing the subscriptions of a missing one is NOT_FOUND",
    async run(api) {
      await rejectsWith(CODE.NOT_FOUND, api.pubsub.topic("missing").getSubscriptions());
    },
  },
  {
    name: "topic: ids outside the documented form are INVALID_ARGUMENT",
    async run(api) {
      for (const id of ["ab", "1topic", "goog-topic", "with space", "a".repeat(256), "sl/ash"]) {
        await rejectsWith(CODE.INVALID_ARGUMENT, api.publisher.createTopic({ name: api.topicName(id) }), id);
      }
      await api.pubsub.createTopic("every-legal_character.~+%25");
    },
  },
  {
    name: "topic: labels change through an update mask",
    async run(api) {
      const topic = await api.topic();
      await topic.setMetadata({ labels: { team: "audio" } });
      const [metadata] = await topic.getMetadata();
      assert.deepEqual(metadata.labels, { team: "audio" });
    },
  },
  {
    name: "topic: an update of an unknown field is INVALID_ARGUMENT",
    async run(api) {
      const { name } = await api.topic();
      const update = { topic: { name }, updateMask: { paths: ["no_such_field"] } };
      await rejectsWith(CODE.INVALID_ARGUMENT, api.publisher.updateTopic(update));
    },
  },
  {
    name: "topic: lists come in pages",
    async run(api) {
      const created = await Promise.all([api.topic(), api.topic(), api.topic()]);
      const project = `projects/${api.projectId}`;
      const listed: string[] = [];
      let pageToken = "";
      let pages = 0;
      do {
        const [topics, , response] = await api.publisher.listTopics(
          { project, pageSize: 2, pageToken },
          { autoPaginate: false },
        );
        assert.ok(topics.length <= 2);
        listed.push(...topics.map(({ name }) => name ?? ""));
        pageToken = response?.nextPageToken ?? "";
        pages++;
      } while (pageToken !== "" && pages < 5);
      assert.deepEqual(listed.sort(), created.map(({ name }) => name).sort());
      assert.equal(pages, 2);
    },
  },
  {
    name: "topic: lists its subscriptions",
    async run(api) {
      const topic = await api.topic();
      const subscriptions = await Promise.all([api.subscription(topic), api.subscription(topic)]);
      const [listed] = await topic.getSubscriptions();
      assert.deepEqual(listed.map(({ name }) => name).sort(), subscriptions.map(({ name }) => name).sort());
    },
  },
  {
    name: "topic: when it is deleted its subscriptions keep their messages and name _deleted-topic_",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["kept"]);
      await topic.delete();
      const [metadata] = await subscription.getMetadata();
      assert.equal(metadata.topic, "_deleted-topic_");
      assert.deepEqual(
        (await api.pull(subscription, 1)).map(({ text }) => text),
        ["kept"],
      );
    },
  },
  {
    name: "topic: one created again under its name is another topic",
    async run(api) {
      const topic = await api.topic();
      const old = await api.subscription(topic);
      await topic.delete();
      const [again] = await api.pubsub.createTopic(topic.name);
      const subscription = await api.subscription(again);
      await publishTexts(again, ["new"]);
      assert.deepEqual(
        (await api.pull(subscription, 1)).map(({ text }) => text),
        ["new"],
      );
      assert.deepEqual(await api.pull(old, 1, 300), []);
    },
  },
];
