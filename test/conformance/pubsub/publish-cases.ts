import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type IncomingHttpHeaders } from "node:http2";
import type { Message } from "@google-cloud/pubsub";
import { CODE, type ConformanceCase, publishTexts, receive, rejectsWith } from "./conformance-case.ts";

const MB = 1_000_000;

export const publishCases: ConformanceCase[] = [
  {
    name: "publish: a deadline of 2^32 s, as Python's client has for ordered messages, is met",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      assert.equal(await publishRaw(api.port, topic.name, "once", "1193046H"), "0");
      assert.deepEqual(
        (await api.pull(subscription, 2, 500)).map(({ text }) => text),
        ["once"],
      );
    },
  },
  {
    name: "publish: data, attributes, key, id and publish time arrive as they were sent",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const data = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const attributes = { kind: "pcm", "ключ/鍵": "値 \u0000 ümläut" };
      const beforeMs = Date.now();
      const id = await topic.publishMessage({ data, attributes });
      let got: Message | undefined;
      await receive(subscription, (message) => {
        got = message;
        message.ack();
        return true;
      });
      assert.equal(got?.id, id);
      assert.deepEqual(got?.data, data);
      assert.deepEqual(got?.attributes, attributes);
      const publishedMs = got?.publishTime.getTime() ?? 0;
      assert.ok(publishedMs >= beforeMs - 5 && publishedMs <= Date.now() + 5, `published at ${publishedMs}`);
    },
  },
  {
    name: "publish: ids are unique and returned in order of the messages",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const texts = Array.from({ length: 250 }, (_, i) => `m${i}`);
      const ids = await publishTexts(topic, texts);
      assert.equal(new Set(ids).size, texts.length);
      const byId = new Map<string, string>();
      await receive(subscription, (message) => {
        byId.set(message.id, message.data.toString());
        message.ack();
        return byId.size === texts.length;
      });
      assert.deepEqual(
        ids.map((id) => byId.get(id)),
        texts,
      );
    },
  },
  {
    name: "publish: attributes alone make a message",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      await topic.publishMessage({ attributes: { only: "this" } });
      assert.deepEqual((await api.pull(subscription, 1))[0]?.attributes, { only: "this" });
    },
  },
  {
    name: "publish: neither data nor attributes is INVALID_ARGUMENT",
    async run(api) {
      const { name: topic } = await api.topic();
      await rejectsWith(CODE.INVALID_ARGUMENT, api.publisher.publish({ topic, messages: [{}] }));
    },
  },
  {
    name: "publish: a request without messages is INVALID_ARGUMENT",
    async run(api) {
      const { name: topic } = await api.topic();
      await rejectsWith(CODE.INVALID_ARGUMENT, api.publisher.publish({ topic, messages: [] }));
    },
  },
  {
    name: "publish: 100 attributes of 256-byte keys and 1024-byte values are taken",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const attributes: Record<string, string> = {};
      for (let i = 0; i < 100; i++) attributes[`${i}`.padStart(256, "k")] = "v".repeat(1024);
      await topic.publishMessage({ attributes });
      assert.deepEqual((await api.pull(subscription, 1))[0]?.attributes, attributes);
    },
  },
  {
    name: "publish: 101 attributes are INVALID_ARGUMENT",
    async run(api) {
      const attributes = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, "v"]));
      await rejectsWith(CODE.INVALID_ARGUMENT, (await api.topic()).publishMessage({ attributes }));
    },
  },
  {
    name: "publish: an attribute key of 257 bytes or a value of 1025 is INVALID_ARGUMENT",
    async run(api) {
      const topic = await api.topic();
      const long = topic.publishMessage({ attributes: { ["k".repeat(257)]: "v" } });
      await rejectsWith(CODE.INVALID_ARGUMENT, long, "key");
      const wide = topic.publishMessage({ attributes: { k: "v".repeat(1025) } });
      await rejectsWith(CODE.INVALID_ARGUMENT, wide, "value");
    },
  },
  {
    name: "publish: an attribute key that starts with goog is INVALID_ARGUMENT",
    async run(api) {
      const { name: topic } = await api.topic();
      const messages = [{ attributes: { google: "reserved" } }];
      await rejectsWith(CODE.INVALID_ARGUMENT, api.publisher.publish({ topic, messages }));
    },
  },
  {
    name: "publish: more than 1000 messages in a request are INVALID_ARGUMENT",
    async run(api) {
      const { name: topic } = await api.topic();
      const messages = Array.from({ length: 1001 }, () => ({ data: Buffer.from("x") }));
      await rejectsWith(CODE.INVALID_ARGUMENT, api.publisher.publish({ topic, messages }));
    },
  },
  {
    name: "publish: a message of 9.9 MB arrives whole",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic);
      const data = Buffer.alloc(9.9 * MB, "segue ");
      await topic.publishMessage({ data });
      let got: Buffer | undefined;
      await receive(subscription, (message) => {
        got = message.data;
        message.ack();
        return true;
      });
      assert.ok(got?.equals(data));
    },
  },
  {
    name: "publish: a message past 10 MB is INVALID_ARGUMENT",
    async run(api) {
      const topic = await api.topic();
      const tooLarge = api.publisher.publish({
        topic: topic.name,
        messages: [{ data: Buffer.alloc(10 * MB) }],
      });
      await rejectsWith(CODE.INVALID_ARGUMENT, tooLarge);
    },
  },
  {
    name: "publish: every subscription gets the message, one created later does not",
    async run(api) {
      const topic = await api.topic();
      const [first, second] = await Promise.all([api.subscription(topic), api.subscription(topic)]);
      await publishTexts(topic, ["for two"]);
      const late = await api.subscription(topic);
      await publishTexts(topic, ["for three"]);
      const both = ["for three", "for two"];
      assert.deepEqual((await api.pull(first, 2)).map(({ text }) => text).sort(), both);
      assert.deepEqual((await api.pull(second, 2)).map(({ text }) => text).sort(), both);
      assert.deepEqual(
        (await api.pull(late, 2, 500)).map(({ text }) => text),
        ["for three"],
      );
    },
  },
];

/** Publishes by hand, with a deadline as gRPC's core writes it; resolves with the call's status. */
async function publishRaw(port: number, topic: string, text: string, timeout: string): Promise<string> {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes]);
  const body = Buffer.concat([field(1, Buffer.from(topic)), field(2, field(1, Buffer.from(text)))]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": "/google.pubsub.v1.Publisher/Publish",
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-timeout": timeout,
    });
    let status = "none";
    const note = (headers: IncomingHttpHeaders) => {
      status = String(headers["grpc-status"] ?? status);
    };
    stream.on("response", note).on("trailers", note).resume();
    stream.end(Buffer.concat([prefix, body]));
    await once(stream, "close");
    return status;
  } finally {
    session.close();
  }
}
