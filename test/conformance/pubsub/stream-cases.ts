import assert from "node:assert/strict";
import { v1 } from "@google-cloud/pubsub";
import { startFaultProxy } from "../../chaos/fault-proxy.ts";
import {
  CODE,
  type ConformanceCase,
  publishTexts,
  rejectsWith,
  sleep,
  textOf,
  within,
} from "./conformance-case.ts";
import { RawStream } from "./raw-stream.ts";

export const streamCases: ConformanceCase[] = [
  {
    name: "stream: every response says whether the subscription is ordered",
    async run(api) {
      const topic = await api.topic();
      const { name } = await api.subscription(topic, { enableMessageOrdering: true });
      const stream = new RawStream(api.subscriber, { subscription: name, streamAckDeadlineSeconds: 60 });
      await publishTexts(topic, ["a"]);
      await stream.until(() => stream.messages.length === 1);
      stream.write({ streamAckDeadlineSeconds: 30 });
      await publishTexts(topic, ["b"]);
      await stream.until(() => stream.messages.length === 2);
      assert.ok(stream.responses >= 2);
      assert.equal(stream.ordered, stream.responses);
      stream.close();
    },
  },
  {
    name: "stream: max_outstanding_messages holds the rest back until some are acknowledged",
    async run(api) {
      const topic = await api.topic();
      const { name } = await api.subscription(topic);
      await publishTexts(
        topic,
        Array.from({ length: 10 }, (_, i) => `m${i}`),
      );
      const stream = new RawStream(api.subscriber, {
        subscription: name,
        streamAckDeadlineSeconds: 60,
        maxOutstandingMessages: 3,
      });
      await stream.until(() => stream.messages.length >= 3);
      await sleep(700);
      assert.equal(stream.messages.length, 3);
      const ackIds = stream.messages.slice(0, 2).map(({ ackId }) => ackId);
      await api.subscriber.acknowledge({ subscription: name, ackIds });
      await stream.until(() => stream.messages.length >= 5);
      await sleep(300);
      assert.equal(stream.messages.length, 5);
      stream.close();
    },
  },
  {
    name: "stream: max_outstanding_bytes holds the rest back",
    async run(api) {
      const topic = await api.topic();
      const { name } = await api.subscription(topic);
      await publishTexts(
        topic,
        Array.from({ length: 10 }, () => "x".repeat(1000)),
      );
      const stream = new RawStream(api.subscriber, {
        subscription: name,
        streamAckDeadlineSeconds: 60,
        maxOutstandingBytes: 3500,
      });
      await stream.until(() => stream.messages.length >= 3);
      await sleep(700);
      assert.ok(stream.messages.length <= 4, `${stream.messages.length} came`);
      stream.close();
    },
  },
  {
    name: "stream: its own ack deadline counts, not the subscription's",
    async run(api) {
      const topic = await api.topic();
      const { name } = await api.subscription(topic, { ackDeadlineSeconds: 300 });
      await publishTexts(topic, ["again"]);
      const stream = new RawStream(api.subscriber, { subscription: name, streamAckDeadlineSeconds: 10 });
      await stream.until(() => stream.messages.length === 1);
      const leasedMs = Date.now();
      await stream.until(() => stream.messages.length === 2, 14_000);
      assert.ok(Date.now() - leasedMs > 9500);
      stream.close();
    },
  },
  {
    name: "stream: acks and deadlines sent on the stream count",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await publishTexts(topic, ["one", "two"]);
      const first = { subscription: subscription.name, streamAckDeadlineSeconds: 60 };
      const stream = new RawStream(api.subscriber, first);
      await stream.until(() => stream.messages.length === 2);
      const idOf = (text: string) => stream.messages.find((message) => message.text === text)?.ackId ?? "";
      stream.write({ ackIds: [idOf("one")] });
      stream.write({ modifyDeadlineAckIds: [idOf("two")], modifyDeadlineSeconds: [0] });
      await stream.until(() => stream.messages.length === 3);
      assert.equal(stream.messages[2]?.text, "two");
      stream.close();
    },
  },
  {
    name: "stream: a deadline outside 10 to 600 s is INVALID_ARGUMENT, a missing subscription NOT_FOUND",
    async run(api) {
      const { name } = await api.subscription(await api.topic());
      const short = new RawStream(api.subscriber, { subscription: name, streamAckDeadlineSeconds: 9 });
      await rejectsWith(CODE.INVALID_ARGUMENT, Promise.reject(await short.failed), "9 s");
      const missing = { subscription: api.subscriptionName("missing"), streamAckDeadlineSeconds: 10 };
      const nowhere = new RawStream(api.subscriber, missing);
      await rejectsWith(CODE.NOT_FOUND, Promise.reject(await nowhere.failed), "missing");
    },
  },
  {
    name: "stream: pings of a protocol-1 client are answered",
    async run(api) {
      const { name } = await api.subscription(await api.topic());
      const first = { subscription: name, streamAckDeadlineSeconds: 60, protocolVersion: 1 };
      const stream = new RawStream(api.subscriber, first);
      await sleep(300);
      const before = stream.responses;
      stream.write({});
      await stream.until(() => stream.responses > before);
      stream.close();
    },
  },
  {
    name: "stream: two subscribers share the messages, each delivered once",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const workers = [0, 1].map(() => api.reopen(subscription, { streamingOptions: { maxStreams: 1 } }));
      const seen: string[][] = workers.map(() => []);
      workers.forEach((worker, i) => {
        worker.on("message", (message) => {
          seen[i]?.push(textOf(message));
          message.ack();
        });
      });
      await sleep(500); // both streams stand
      const texts = Array.from({ length: 400 }, (_, i) => `m${i}`);
      await publishTexts(topic, texts);
      const untilMs = Date.now() + 8000;
      while (seen.flat().length < texts.length && Date.now() < untilMs) await sleep(20);
      assert.deepEqual(seen.flat().sort(), texts.sort());
      for (const one of seen) assert.ok(one.length > 0, "one of the two got nothing");
    },
  },
  {
    name: "stream: of a client whose connection breaks, it takes no more messages",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const first = { subscription: subscription.name, streamAckDeadlineSeconds: 10 };
      const line = await startFaultProxy({ host: "localhost", port: api.port });
      const onLine = new v1.SubscriberClient({
        ...api.pubsub.options,
        servicePath: "127.0.0.1",
        port: line.port,
      });
      // Several, and messages one by one: a server that does not notice is found out whoever is served first.
      const broken = [0, 1, 2].map(() => new RawStream(onLine, first));
      await publishTexts(topic, ["before"]);
      await Promise.any(broken.map((stream) => stream.until(() => stream.messages.length === 1)));
      const before = broken.flatMap(({ messages }) => messages.map(({ ackId }) => ackId));
      await api.acknowledge(subscription, before);
      line.set({ kind: "refuse" }); // nothing of what the client would say reaches the server
      await Promise.all(broken.map(({ failed }) => failed));
      await sleep(500);
      const whole = new RawStream(api.subscriber, first);
      await sleep(500); // it stands
      for (let i = 0; i < 20; i++) await publishTexts(topic, [`m${i}`]);
      await whole.until(() => whole.messages.length === 20, 5_000);
      whole.close();
      await Promise.all([onLine.close(), line[Symbol.asyncDispose]()]);
    },
  },
  {
    name: "stream: half-closed, it ends after all that was sent",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const { name } = subscription;
      const stream = new RawStream(api.subscriber, { subscription: name, streamAckDeadlineSeconds: 10 });
      await publishTexts(topic, ["first"]);
      await stream.until(() => stream.messages.length === 1);
      await within(2_000, stream.halfClose(), "the stream's end");
      await publishTexts(topic, ["later"]);
      assert.deepEqual(
        (await api.pull(subscription, 1)).map(({ text }) => text),
        ["later"],
      );
      assert.equal(stream.messages.length, 1);
    },
  },
];
