import assert from "node:assert/strict";
import type { CreateSubscriptionOptions } from "@google-cloud/pubsub";
import { CODE, type ConformanceCase, publishTexts, rejectsWith } from "./conformance-case.ts";

export const subscriptionCases: ConformanceCase[] = [
  {
    name: "subscription: defaults are 10 s to acknowledge and 7 days of retention",
    async run(api) {
      const [metadata] = await (await api.subscription(await api.topic())).getMetadata();
      assert.equal(metadata.ackDeadlineSeconds, 10);
      assert.equal(Number(metadata.messageRetentionDuration?.seconds), 604_800);
      assert.equal(metadata.retainAckedMessages, false);
      assert.equal(metadata.enableMessageOrdering, false);
    },
  },
  {
    name: "subscription: by default it expires after 31 idle days",
    async run(api) {
      const [metadata] = await (await api.subscription(await api.topic())).getMetadata();
      assert.equal(Number(metadata.expirationPolicy?.ttl?.seconds), 2_678_400);
    },
  },
  {
    name: "subscription: creating it twice is ALREADY_EXISTS, on a missing topic NOT_FOUND",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await rejectsWith(CODE.ALREADY_EXISTS, topic.createSubscription(subscription.name));
      await rejectsWith(CODE.NOT_FOUND, api.pubsub.topic("missing").createSubscription("orphan"));
    },
  },
  {
    name: "subscription: a missing one is NOT_FOUND to get, delete, pull, acknowledge and modify",
    async run(api) {
      const subscription = api.pubsub.subscription("missing");
      await rejectsWith(CODE.NOT_FOUND, subscription.getMetadata(), "get");
      await rejectsWith(CODE.NOT_FOUND, subscription.delete(), "delete");
      await rejectsWith(CODE.NOT_FOUND, subscription.setMetadata({ ackDeadlineSeconds: 20 }), "update");
      const name = api.subscriptionName("missing");
      await rejectsWith(CODE.NOT_FOUND, api.subscriber.pull({ subscription: name, maxMessages: 1 }), "pull");
    },
  },
  {
    name: "subscription: values outside the documented ranges are INVALID_ARGUMENT",
    async run(api) {
      const topic = await api.topic();
      const deadLetterTopic = topic.name;
      const illegal: Record<string, CreateSubscriptionOptions> = {
        "ack deadline 9": { ackDeadlineSeconds: 9 },
        "ack deadline 601": { ackDeadlineSeconds: 601 },
        "retention 599 s": { messageRetentionDuration: { seconds: 599 } },
        "retention 32 days": { messageRetentionDuration: { seconds: 32 * 86_400 } },
        "expiry under a day": { expirationPolicy: { ttl: { seconds: 86_399 } } },
        "4 delivery attempts": { deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 4 } },
        "101 delivery attempts": { deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 101 } },
        "backoff of 601 s": {
          retryPolicy: { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 601 } },
        },
      };
      for (const [what, options] of Object.entries(illegal)) {
        await rejectsWith(CODE.INVALID_ARGUMENT, topic.createSubscription("illegal", options), what);
      }
    },
  },
  {
    name: "subscription: an id outside the documented form is INVALID_ARGUMENT",
    async run(api) {
      const topic = (await api.topic()).name;
      const name = api.subscriptionName("1st");
      await rejectsWith(CODE.INVALID_ARGUMENT, api.subscriber.createSubscription({ name, topic }));
    },
  },
  {
    name: "subscription: deadline, retry and dead-letter policy change through an update mask",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await subscription.setMetadata({
        ackDeadlineSeconds: 77,
        retryPolicy: { minimumBackoff: { seconds: 3 }, maximumBackoff: { seconds: 30 } },
        deadLetterPolicy: { deadLetterTopic: topic.name, maxDeliveryAttempts: 20 },
      });
      const [metadata] = await subscription.getMetadata();
      assert.equal(metadata.ackDeadlineSeconds, 77);
      assert.equal(Number(metadata.retryPolicy?.minimumBackoff?.seconds), 3);
      assert.equal(metadata.deadLetterPolicy?.maxDeliveryAttempts, 20);
    },
  },
  {
    name: "subscription: labels change through an update mask",
    async run(api) {
      const subscription = await api.subscription(await api.topic());
      await subscription.setMetadata({ labels: { step: "tempo" } });
      const [metadata] = await subscription.getMetadata();
      assert.deepEqual(metadata.labels, { step: "tempo" });
    },
  },
  {
    name: "subscription: its filter and its topic cannot change",
    async run(api) {
      const topic = await api.topic();
      const { name } = await api.subscription(topic, { filter: "attributes:a" });
      for (const field of ["filter", "topic", "enable_message_ordering"]) {
        const update = {
          subscription: { name, filter: "attributes:b", topic: topic.name, enableMessageOrdering: true },
          updateMask: { paths: [field] },
        };
        await rejectsWith(CODE.INVALID_ARGUMENT, api.subscriber.updateSubscription(update), field);
      }
      const [metadata] = await api.pubsub.subscription(name).getMetadata();
      assert.equal(metadata.filter, "attributes:a");
    },
  },
  {
    name: "subscription: an expiration policy without ttl means never",
    async run(api) {
      const subscription = await api.subscription(await api.topic(), { expirationPolicy: {} });
      const [metadata] = await subscription.getMetadata();
      assert.equal(metadata.expirationPolicy?.ttl ?? null, null);
      assert.notEqual(metadata.expirationPolicy ?? null, null);
    },
  },
  {
    name: "subscription: once detached it drops its messages and refuses pulls",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["dropped"]);
      await api.pubsub.detachSubscription(subscription.name);
      assert.deepEqual(await subscription.detached(), [true]);
      const pull = api.subscriber.pull({ subscription: subscription.name, maxMessages: 1 });
      await rejectsWith(CODE.FAILED_PRECONDITION, pull);
    },
  },
  {
    name: "subscription: deletion ends its stream and frees its name",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["gone"]);
      await subscription.delete();
      await topic.createSubscription(subscription.name);
      assert.deepEqual(await api.pull(subscription, 1, 300), []);
    },
  },
];
