// What a SIGKILL of the server may not lose: publishes that were answered, messages that were not acknowledged, acks that
// were answered, attempts that were counted.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Subscription, Topic } from "@google-cloud/pubsub";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Api, publishTexts, receive, sleep, textOf } from "./conformance-case.ts";
import { end, type ServerProcess, spawnPubSub } from "./processes.ts";

let dataDir: string;
let server: ServerProcess;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "segue-pubsub-"));
  server = await spawnPubSub(dataDir);
});
afterEach(async () => {
  await end(server, "SIGKILL");
  rmSync(dataDir, { recursive: true });
});

async function killAndRestart(): Promise<void> {
  await end(server, "SIGKILL");
  server = await spawnPubSub(dataDir);
}

/** The same topic and subscription through a client on the restarted server. */
function reconnect(topic: Topic, subscription: Subscription) {
  const api = new Api(server.port);
  return {
    api,
    topic: api.pubsub.topic(topic.name),
    subscription: api.reopen(subscription),
  };
}

async function receiveAll(subscription: Subscription, wanted: ReadonlySet<string>): Promise<Set<string>> {
  const missing = new Set(wanted);
  const seen = new Set<string>();
  await receive(
    subscription,
    (message) => {
      seen.add(textOf(message));
      missing.delete(textOf(message));
      message.ack();
      return missing.size === 0;
    },
    20_000,
  );
  return seen;
}

it("keeps every answered publish through a SIGKILL in the middle of publishing", async () => {
  const answered = new Set<string>();
  const before = new Api(server.port);
  const created = await before.topic();
  const subscription = await before.subscription(created);
  const topic = before.pubsub.topic(created.name, { batching: { maxMessages: 20, maxMilliseconds: 1 } });
  let sent = 0;
  const publishing = (async () => {
    for (;;) {
      const texts = Array.from({ length: 200 }, () => `m${sent++}`);
      const results = texts.map(async (text) => {
        await topic.publishMessage({ data: Buffer.from(text), attributes: { text } });
        answered.add(text);
      });
      if ((await Promise.allSettled(results)).some(({ status }) => status === "rejected")) return;
    }
  })();
  while (answered.size < 2000) await sleep(5);
  await end(server, "SIGKILL");
  // Closing the client fails what is in flight, which the killed server never answered.
  await Promise.all([topic.pubsub.close(), before.publisher.close()]);
  const acknowledged = new Set(answered);
  server = await spawnPubSub(dataDir);
  const after = reconnect(topic, subscription);
  const seen = await receiveAll(after.subscription, acknowledged);
  await publishing.catch(() => {});
  expect(acknowledged.size).toBeGreaterThanOrEqual(2000);
  expect([...acknowledged].filter((text) => !seen.has(text))).toEqual([]);
  await after.api[Symbol.asyncDispose]();
});

it("keeps acks that were answered and redelivers what was only leased", async () => {
  const before = new Api(server.port);
  const topic = await before.topic();
  const subscription = await before.subscription(topic);
  await publishTexts(topic, ["acked 1", "acked 2", "leased 1", "leased 2"]);
  const pulled = await before.pull(subscription, 4);
  const acked = pulled.filter(({ text }) => text.startsWith("acked")).map(({ ackId }) => ackId);
  await before.acknowledge(subscription, acked);
  await killAndRestart();
  const { api, subscription: again } = reconnect(topic, subscription);
  expect((await api.pull(again, 4, 1500)).map(({ text }) => text).sort()).toEqual(["leased 1", "leased 2"]);
  await Promise.all([api[Symbol.asyncDispose](), before[Symbol.asyncDispose]()]);
});

it("takes the ack of a message that was leased before the restart", async () => {
  const before = new Api(server.port);
  const topic = await before.topic();
  const subscription = await before.subscription(topic);
  await publishTexts(topic, ["worked on"]);
  const [leased] = await before.pull(subscription, 1);
  await killAndRestart();
  const { api, subscription: again } = reconnect(topic, subscription);
  await api.acknowledge(again, [leased?.ackId ?? ""]);
  expect(await api.pull(again, 1, 300)).toEqual([]);
  await Promise.all([api[Symbol.asyncDispose](), before[Symbol.asyncDispose]()]);
});

it("keeps delivery attempts, configuration and filters", async () => {
  const before = new Api(server.port);
  const [topic, deadTopic] = await Promise.all([before.topic(), before.topic()]);
  const dead = await before.subscription(deadTopic);
  const subscription = await before.subscription(topic, {
    filter: "attributes:wanted",
    ackDeadlineSeconds: 42,
    deadLetterPolicy: { deadLetterTopic: deadTopic.name, maxDeliveryAttempts: 5 },
  });
  await topic.publishMessage({ data: Buffer.from("poison"), attributes: { wanted: "1" } });
  for (const expected of [1, 2, 3]) {
    const [{ ackId, deliveryAttempt } = { ackId: "", deliveryAttempt: 0 }] = await before.pull(
      subscription,
      1,
    );
    expect(deliveryAttempt).toBe(expected);
    await before.modifyAckDeadline(subscription, [ackId], 0);
  }
  await killAndRestart();
  const { api, topic: topicAgain, subscription: again } = reconnect(topic, subscription);
  await publishTexts(topicAgain, ["unwanted"]);
  const [metadata] = await again.getMetadata();
  expect(metadata.ackDeadlineSeconds).toBe(42);
  // The message was in nobody's hands, but that is not on disk: the restart counts once. The policy does not count it.
  for (const expected of [5, 6]) {
    const [{ ackId, deliveryAttempt } = { ackId: "", deliveryAttempt: 0 }] = await api.pull(again, 2);
    expect(deliveryAttempt).toBe(expected);
    await api.modifyAckDeadline(again, [ackId], 0);
  }
  const [letter] = await api.pull(api.reopen(dead), 1);
  expect(letter?.text).toBe("poison");
  expect(await api.pull(again, 1, 300)).toEqual([]);
  await Promise.all([api[Symbol.asyncDispose](), before[Symbol.asyncDispose]()]);
});

it("counts the delivery of a message that was leased when the server was killed, and lets no restart dead-letter", async () => {
  const before = new Api(server.port);
  const [topic, deadTopic] = await Promise.all([before.topic(), before.topic()]);
  const dead = await before.subscription(deadTopic);
  const subscription = await before.subscription(topic, {
    deadLetterPolicy: { deadLetterTopic: deadTopic.name, maxDeliveryAttempts: 5 },
  });
  await publishTexts(topic, ["leased"]);
  expect((await before.pull(subscription, 1))[0]?.deliveryAttempt).toBe(1);
  await before[Symbol.asyncDispose]();
  // More restarts than the policy allows attempts.
  for (let expected = 2; expected <= 7; expected++) {
    await killAndRestart();
    const { api, subscription: again } = reconnect(topic, subscription);
    const [leased] = await api.pull(again, 1);
    expect(leased).toMatchObject({ text: "leased", deliveryAttempt: expected });
    // One real failure, in the middle: the policy counts that one only.
    if (expected === 4) await api.modifyAckDeadline(again, [leased?.ackId ?? ""], 0);
    if (expected === 4) expect((await api.pull(again, 1))[0]?.deliveryAttempt).toBe(++expected);
    expect(await api.pull(api.reopen(dead), 1, 100)).toEqual([]);
    await api[Symbol.asyncDispose]();
  }
  await killAndRestart();
  const { api, topic: topicAgain, subscription: again } = reconnect(topic, subscription);
  await publishTexts(topicAgain, ["published after the restart"]);
  const pulled = await api.pull(again, 2);
  expect(pulled.map(({ text, deliveryAttempt }) => [text, deliveryAttempt])).toEqual([
    ["leased", 8],
    ["published after the restart", 1],
  ]);
  await api[Symbol.asyncDispose]();
});

it("takes a folder that was written before restarts were counted", async () => {
  const before = new Api(server.port);
  const topic = await before.topic();
  const subscription = await before.subscription(topic);
  await publishTexts(topic, ["old"]);
  await end(server, "SIGTERM");
  const file = new DatabaseSync(join(dataDir, "pubsub", "pubsub.sqlite"));
  file.exec("ALTER TABLE backlog DROP COLUMN restarts; ALTER TABLE subscription DROP COLUMN delivered_id;");
  file.close();
  server = await spawnPubSub(dataDir);
  const { api, subscription: again } = reconnect(topic, subscription);
  expect((await api.pull(again, 1)).map(({ text }) => text)).toEqual(["old"]);
  await Promise.all([api[Symbol.asyncDispose](), before[Symbol.asyncDispose]()]);
});

it("ends with code 0 on SIGTERM and keeps everything", async () => {
  const before = new Api(server.port);
  const topic = await before.topic();
  const subscription = await before.subscription(topic);
  await publishTexts(topic, ["kept"]);
  await end(server, "SIGTERM");
  expect(server.process.exitCode).toBe(0);
  server = await spawnPubSub(dataDir);
  const { api, subscription: again } = reconnect(topic, subscription);
  expect((await api.pull(again, 1)).map(({ text }) => text)).toEqual(["kept"]);
  await Promise.all([api[Symbol.asyncDispose](), before[Symbol.asyncDispose]()]);
});
