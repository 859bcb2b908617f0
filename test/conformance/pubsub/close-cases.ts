import assert from "node:assert/strict";
import { type Message, SubscriptionCloseBehaviors } from "@google-cloud/pubsub";
import { type ConformanceCase, publishTexts, receive, textOf, within } from "./conformance-case.ts";

/** What a drain relies on: how the client's close treats handlers that are still at work. */
export const closeCases: ConformanceCase[] = [
  {
    name: "close: with WaitForProcessing handlers at work finish, and their acks reach the server",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const worker = api.reopen(subscription, {
        flowControl: { maxMessages: 4, allowExcessMessages: true },
        streamingOptions: { maxStreams: 1 },
        closeOptions: { behavior: SubscriptionCloseBehaviors.WaitForProcessing },
      });
      await publishTexts(
        topic,
        Array.from({ length: 4 }, (_, i) => `m${i}`),
      );
      const working: Message[] = [];
      await receive(worker, (message) => working.push(message) === 4);
      const closed = worker.close();
      setTimeout(() => {
        for (const message of working) message.ack();
      }, 500);
      await within(4000, closed, "close");
      assert.equal(working.length, 4);
      assert.deepEqual(await api.pull(subscription, 4, 12_000), [], "an ack was lost");
    },
  },
  {
    name: "close: with NackImmediately what handlers hold comes back at once",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const worker = api.reopen(subscription, {
        flowControl: { maxMessages: 4 },
        streamingOptions: { maxStreams: 1 },
        closeOptions: { behavior: SubscriptionCloseBehaviors.NackImmediately },
      });
      await publishTexts(topic, ["a", "b"]);
      const held: string[] = [];
      await receive(worker, (message) => held.push(textOf(message)) === 2);
      await within(4000, worker.close(), "close");
      assert.deepEqual((await api.pull(subscription, 2, 2000)).map(({ text }) => text).sort(), ["a", "b"]);
    },
  },
  {
    name: "close: a nack by hand, then close, brings back what had not started",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const worker = api.reopen(subscription, {
        flowControl: { maxMessages: 3, allowExcessMessages: true },
        streamingOptions: { maxStreams: 1 },
        closeOptions: { behavior: SubscriptionCloseBehaviors.WaitForProcessing },
      });
      await publishTexts(topic, ["started", "waiting", "waiting"]);
      const held: Message[] = [];
      await receive(worker, (message) => held.push(message) === 3);
      for (const message of held) if (textOf(message) === "waiting") message.nack();
      const closed = worker.close();
      held.find((message) => textOf(message) === "started")?.ack();
      await within(4000, closed, "close");
      assert.deepEqual(
        (await api.pull(subscription, 2, 2000)).map(({ text }) => text),
        ["waiting", "waiting"],
      );
      assert.deepEqual(await api.pull(subscription, 1, 300), []);
    },
  },
];
