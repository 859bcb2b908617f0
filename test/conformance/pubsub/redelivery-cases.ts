import assert from "node:assert/strict";
import type { Message } from "@google-cloud/pubsub";
import { type ConformanceCase, publishTexts, receive } from "./conformance-case.ts";

export const redeliveryCases: ConformanceCase[] = [
  {
    name: "retry policy: backoff grows from the minimum with each nack",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, {
        retryPolicy: { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 10 } },
      });
      await publishTexts(topic, ["retry"]);
      const timesMs: number[] = [];
      await receive(
        subscription,
        (message) => {
          timesMs.push(Date.now());
          if (timesMs.length === 3) message.ack();
          else message.nack();
          return timesMs.length === 3;
        },
        12_000,
      );
      const [first = 0, second = 0, third = 0] = timesMs;
      assert.ok(second - first >= 950, `first backoff ${second - first} ms`);
      assert.ok(third - second > second - first, `then ${third - second} ms`);
    },
  },
  {
    name: "delivery attempt: absent without a dead-letter policy",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["x"]);
      assert.equal((await api.pull(subscription, 1))[0]?.deliveryAttempt, 0);
    },
  },
  {
    name: "dead letter: after the last attempt the message moves, whole and with where it came from",
    async run(api) {
      const [topic, deadTopic] = await Promise.all([api.topic(), api.topic()]);
      const dead = await api.subscription(deadTopic);
      const subscription = await api.subscription(topic, {
        deadLetterPolicy: { deadLetterTopic: deadTopic.name, maxDeliveryAttempts: 5 },
      });
      const publishedMs = Date.now();
      await topic.publishMessage({ data: Buffer.from("poison"), attributes: { kind: "pcm" } });
      const attempts: number[] = [];
      subscription.on("message", (message) => {
        attempts.push(message.deliveryAttempt);
        message.nack();
      });
      let letter: Message | undefined;
      await receive(dead, (message) => {
        letter = message;
        message.ack();
        return true;
      });
      assert.deepEqual(attempts, [1, 2, 3, 4, 5]);
      assert.equal(letter?.data.toString(), "poison");
      const { attributes = {} } = letter ?? {};
      assert.equal(attributes.kind, "pcm");
      assert.equal(attributes.CloudPubSubDeadLetterSourceDeliveryCount, "5");
      assert.equal(attributes.CloudPubSubDeadLetterSourceSubscription, subscription.name.split("/").at(-1));
      assert.equal(attributes.CloudPubSubDeadLetterSourceSubscriptionProject, api.projectId);
      const sourceMs = Date.parse(attributes.CloudPubSubDeadLetterSourceTopicPublishTime ?? "");
      assert.ok(Math.abs(sourceMs - publishedMs) < 5000);
      await subscription.close();
      assert.deepEqual(await api.pull(subscription, 1, 500), []);
    },
  },
  {
    name: "dead letter: while its topic is missing the message keeps coming",
    async run(api) {
      const [topic, deadTopic] = await Promise.all([api.topic(), api.topic()]);
      const subscription = await api.subscription(topic, {
        deadLetterPolicy: { deadLetterTopic: deadTopic.name, maxDeliveryAttempts: 5 },
      });
      await deadTopic.delete();
      await publishTexts(topic, ["kept"]);
      let deliveries = 0;
      await receive(subscription, (message) => {
        if (++deliveries > 7) message.ack();
        else message.nack();
        return deliveries > 7;
      });
    },
  },
  {
    name: "seek: to the future acknowledges everything, to the past replays what is retained",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, { retainAckedMessages: true });
      const past = new Date(Date.now() - 60_000);
      await publishTexts(topic, ["a", "b"]);
      const pulled = await api.pull(subscription, 2);
      await api.acknowledge(
        subscription,
        pulled.map(({ ackId }) => ackId),
      );
      await subscription.seek(past);
      assert.deepEqual((await api.pull(subscription, 2)).map(({ text }) => text).sort(), ["a", "b"]);
      await subscription.seek(new Date(Date.now() + 60_000));
      assert.deepEqual(await api.pull(subscription, 2, 500), []);
    },
  },
];
