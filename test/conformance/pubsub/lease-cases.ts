import assert from "node:assert/strict";
import { CODE, type ConformanceCase, publishTexts, receive, rejectsWith, sleep } from "./conformance-case.ts";

export const leaseCases: ConformanceCase[] = [
  {
    name: "lease: an acknowledged message does not come again",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["once"]);
      const [first] = await api.pull(subscription, 1);
      await api.acknowledge(subscription, [first?.ackId ?? ""]);
      await api.acknowledge(subscription, [first?.ackId ?? ""]); // a second ack is no error
      await sleep(10_500); // past the ack deadline
      assert.deepEqual(await api.pull(subscription, 1, 200), []);
    },
  },
  {
    name: "lease: a nack brings the message back at once",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["again"]);
      let deliveries = 0;
      const startMs = Date.now();
      await receive(subscription, (message) => {
        if (++deliveries === 3) message.ack();
        else message.nack();
        return deliveries === 3;
      });
      assert.ok(Date.now() - startMs < 5000);
    },
  },
  {
    name: "lease: a message comes again when its ack deadline has passed, not before",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, { ackDeadlineSeconds: 10 });
      await publishTexts(topic, ["late"]);
      await api.pull(subscription, 1);
      const leasedMs = Date.now();
      assert.deepEqual(await api.pull(subscription, 1, 8500), [], "redelivered early");
      const [again] = await api.pull(subscription, 1, 4000);
      const waitedMs = Date.now() - leasedMs;
      assert.equal(again?.text, "late");
      assert.ok(waitedMs > 9500 && waitedMs < 12_500, `after ${waitedMs} ms`);
    },
  },
  {
    name: "lease: modifyAckDeadline extends it, and 0 ends it",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, { ackDeadlineSeconds: 10 });
      await publishTexts(topic, ["kept"]);
      const [first] = await api.pull(subscription, 1);
      await api.modifyAckDeadline(subscription, [first?.ackId ?? ""], 60);
      assert.deepEqual(await api.pull(subscription, 1, 11_500), [], "the extension was not honoured");
      await api.modifyAckDeadline(subscription, [first?.ackId ?? ""], 0);
      assert.equal((await api.pull(subscription, 1, 2000))[0]?.text, "kept");
    },
  },
  {
    name: "lease: deadlines outside 0 to 600 s are INVALID_ARGUMENT",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["x"]);
      const [first] = await api.pull(subscription, 1);
      for (const sec of [-1, 601]) {
        const modify = api.modifyAckDeadline(subscription, [first?.ackId ?? ""], sec);
        await rejectsWith(CODE.INVALID_ARGUMENT, modify, `${sec} s`);
      }
    },
  },
  {
    name: "lease: an ack id that was never handed out is INVALID_ARGUMENT",
    async run(api) {
      const subscription = await api.subscription(await api.topic());
      await rejectsWith(CODE.INVALID_ARGUMENT, api.acknowledge(subscription, ["no such ack id"]));
    },
  },
  {
    name: "lease: the client keeps extending while a handler works past the deadline",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, { ackDeadlineSeconds: 10 });
      await publishTexts(topic, ["slow"]);
      let deliveries = 0;
      await receive(
        subscription,
        (message) => {
          if (++deliveries === 1) setTimeout(() => message.ack(), 14_000);
          return false;
        },
        15_000,
      ).catch(() => {});
      assert.equal(deliveries, 1);
      await subscription.close();
      assert.deepEqual(await api.pull(subscription, 1, 300), []);
    },
  },
  {
    name: "pull: gives at most maxMessages, and waits for a first message",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const waiting = api.subscriber.pull({ subscription: subscription.name, maxMessages: 1 });
      await sleep(300);
      await publishTexts(topic, ["1", "2", "3"]);
      const [{ receivedMessages }] = await waiting;
      assert.equal(receivedMessages?.length, 1);
      assert.equal((await api.pull(subscription, 2)).length, 2);
    },
  },
  {
    name: "pull: fewer than one message is INVALID_ARGUMENT",
    async run(api) {
      const subscription = (await api.subscription(await api.topic())).name;
      await rejectsWith(CODE.INVALID_ARGUMENT, api.subscriber.pull({ subscription, maxMessages: 0 }));
    },
  },
];
