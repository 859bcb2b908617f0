import assert from "node:assert/strict";
import type { Topic } from "@google-cloud/pubsub";
import { type Api, type ConformanceCase, receive, textOf } from "./conformance-case.ts";

async function publishInOrder(api: Api, topic: Topic, key: string, texts: readonly string[]): Promise<void> {
  const ordered = api.pubsub.topic(topic.name, { messageOrdering: true });
  await Promise.all(
    texts.map((text) => ordered.publishMessage({ data: Buffer.from(text), orderingKey: key })),
  );
}

export const orderingCases: ConformanceCase[] = [
  {
    name: "ordering: messages of a key come in publish order, keys do not wait for each other",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, { enableMessageOrdering: true });
      const texts = Array.from({ length: 60 }, (_, i) => String(i));
      const keys = ["a", "b", "c"];
      await Promise.all(keys.map((key) => publishInOrder(api, topic, key, texts)));
      const seen = new Map(keys.map((key): [string, string[]] => [key, []]));
      let count = 0;
      await receive(subscription, (message) => {
        seen.get(message.orderingKey ?? "")?.push(textOf(message));
        message.ack();
        return ++count === keys.length * texts.length;
      });
      for (const key of keys) assert.deepEqual(seen.get(key), texts);
    },
  },
  {
    name: "ordering: a nacked message comes again, followed by the later ones of its key",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, { enableMessageOrdering: true });
      await publishInOrder(api, topic, "k", ["1", "2", "3"]);
      const first = await api.pull(subscription, 1);
      assert.equal(first[0]?.text, "1");
      await api.modifyAckDeadline(subscription, [first[0]?.ackId ?? ""], 0);
      const seen: string[] = [];
      while (seen.length < 3) {
        const pulled = await api.pull(subscription, 1);
        assert.ok(pulled.length > 0, `only ${seen.join()} came`);
        seen.push(...pulled.map(({ text }) => text));
        await api.acknowledge(
          subscription,
          pulled.map(({ ackId }) => ackId),
        );
      }
      assert.deepEqual(seen, ["1", "2", "3"]);
    },
  },
  {
    name: "ordering: while a message of the key is outstanding nobody else gets the next",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, { enableMessageOrdering: true });
      await publishInOrder(api, topic, "k", ["1", "2"]);
      const [one] = await api.pull(subscription, 1);
      assert.equal(one?.text, "1");
      assert.deepEqual(await api.pull(subscription, 1, 800), []);
      await api.acknowledge(subscription, [one?.ackId ?? ""]);
      assert.equal((await api.pull(subscription, 1))[0]?.text, "2");
    },
  },
];
