import type { Subscription } from "@google-cloud/pubsub";
import { connect, readTrack, readTracks } from "@segue/catalog-db";
import { type TestDatabase, testDatabases } from "@segue/catalog-db/testing";
import { bucketRoles, catalogConsumer, deriveTopology } from "@segue/chain";
import { defineKind, Master } from "@segue/contracts";
import { startPubSubServer } from "@segue/local-cloud";
import { createPubSub } from "@segue/queue";
import { defineService, defineStep } from "@segue/step";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { accepted, chain, masterReady, names, outcome, trackId } from "./fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "./fixtures/shuffle.ts";
import { startTestStorage } from "./fixtures/test-storage.ts";
import { startCatalog } from "./server.ts";

const host = "127.0.0.1";
const steps = chain.steps.map((step) => step.name);

const Sound = defineKind({ name: "sound", retention: "derivative", payload: null, facts: z.object({}) });
/** Hosts the chain's first step, whose attempts wait for a worker. */
const decoding = defineService({
  steps: [
    defineStep({
      ...{ name: "decode", version: 1, consumes: { master: Master }, produces: Sound },
      budget: { timeMs: 1_000, memoryMiB: 64 },
      setup: async () => null,
      run: () => ({}),
    }),
  ],
});

/** A queue with the chain's topics and the catalog's subscriptions, and a catalog on it as the launcher starts it. */
async function startOn(database: TestDatabase) {
  const storage = await startTestStorage(bucketRoles);
  const queue = await startPubSubServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${queue.port}`, emulatorMode: true });
  const topology = deriveTopology(chain, names);
  for (const topic of topology.topics) await pubsub.createTopic(topic);
  for (const { name, topic } of topology.subscriptions.filter((spec) =>
    spec.name.endsWith(catalogConsumer),
  )) {
    await pubsub.topic(topic).createSubscription(name, {
      ackDeadlineSeconds: 10,
      retryPolicy: { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 2 } },
    });
  }
  const ears: Subscription[] = [];
  /** The attribute of what was heard, in turn. */
  const attributes: Record<string, string>[] = [];
  const pool = connect({
    connectionString: database.url,
    maxConnections: 2,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    applicationName: "test",
    onIdleError() {},
  });
  const { log, meter, collectMetrics } = createTelemetry({ service: "catalog", level: "silent" });
  const services = new Map([["decoding", decoding]]);
  const start = () =>
    startCatalog({
      ...{ chain, services, names, pubsub },
      store: storage.store,
      log,
      meter,
      env: { DATABASE_URL: database.url },
    });
  return {
    pool,
    start,
    attributes,
    collectMetrics,
    publish: (topic: string, json: object, attributes = {}) =>
      pubsub
        .topic(names.topic(topic))
        .publishMessage({ data: Buffer.from(JSON.stringify(json)), attributes }),
    /** What is announced of a kind from now on. */
    async listen(topic: string): Promise<readonly unknown[]> {
      const heard: unknown[] = [];
      const [ear] = await pubsub.topic(names.topic(topic)).createSubscription(`${topic}.ear`);
      ear.on("message", (message) => {
        heard.push(JSON.parse(message.data.toString()));
        attributes.push(message.attributes);
        message.ack();
      });
      ears.push(ear);
      return heard;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(ears.map((ear) => ear.close()));
      await pool.end();
      await pubsub.close();
      await queue.close();
      await storage[Symbol.asyncDispose]();
    },
  };
}

describe.each(testDatabases)("on an $name", (kind) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await kind.start();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  test("what is announced arrives, through an outage and a restart, and a drain leaves nothing half done", async () => {
    await using world = await startOn(database);
    const { pool, publish } = world;
    const messages = [1, 2, 3, 4].flatMap((n) => [
      { topic: "tracks", json: accepted(n) },
      ...steps.map((step, i) => ({ topic: "outcomes", json: outcome(n, step, { sec: i + 1 }) })),
    ]);
    const stream = shuffleWithDuplicates(messages, seededRandom(7));
    const first = await world.start();
    const third = Math.floor(stream.length / 3);
    for (const { topic, json } of stream.slice(0, third)) await publish(topic, json);
    await expect
      .poll(async () => (await readTracks(pool, [1, 2, 3, 4].map(trackId))).length)
      .toBeGreaterThan(0);

    await database.goAway();
    for (const { topic, json } of stream.slice(third, 2 * third)) await publish(topic, json);
    await expect.poll(() => first.notReady()).toContain("does not answer");
    await database.comeBack();
    await expect.poll(() => first.notReady()).toBeUndefined();

    await first.drain();
    for (const { topic, json } of stream.slice(2 * third)) await publish(topic, json);
    const second = await world.start();
    await expect
      .poll(async () => (await readTracks(pool, [1, 2, 3, 4].map(trackId))).map(({ state }) => state))
      .toEqual(["done", "done", "done", "done"]);
    await second.drain();
  });

  test("how many workers are wanted is told, and nothing while nobody knows", async () => {
    await using world = await startOn(database);
    const running = await world.start();
    const told = async () =>
      /^segue_wanted_replicas\{.*service="decoding".*\} (\d+)/m.exec(await world.collectMetrics())?.[1];
    await world.publish("tracks", accepted(31));
    await expect.poll(told).toBe("1");
    await database.goAway();
    await expect.poll(told).toBeUndefined();
    await database.comeBack();
    await expect.poll(told).toBe("1");
    await running.drain();
  });

  const gaveUp = {
    CloudPubSubDeadLetterSourceSubscription: names.subscription("master", "decode"),
    CloudPubSubDeadLetterSourceDeliveryCount: "20",
  };
  const taskGivenUp = {
    ...gaveUp,
    CloudPubSubDeadLetterSourceSubscription: names.taskSubscription("decode", "live"),
  };

  test("a message that Pub/Sub gave up on is sent again, and its track's history says so", async () => {
    await using world = await startOn(database);
    const heard = await world.listen("tasks.decode");
    const running = await world.start();
    await world.publish("tracks", accepted(12));
    const fact = masterReady(12);
    await world.publish("dead-letter", fact, gaveUp);
    const run = { v: 1, type: "Run", step: "decode", request: fact.request };
    await expect.poll(() => heard).toMatchObject([run]);
    expect(world.attributes.at(-1)).toMatchObject({ returned: "1" });
    // If it comes to that again, as often again; a task is sent as it was.
    const task = { ...run, type: "Continue", checkpoint: 7, waiting: ["encode"], hops: 2 };
    await world.publish("dead-letter", task, { ...taskGivenUp, returned: "1", story: "of 12" });
    await expect.poll(() => heard.at(-1)).toEqual(task);
    // What counts of it goes on counting.
    expect(world.attributes.at(-1)).toMatchObject({ returned: "2", story: "of 12" });
    await expect.poll(async () => (await readTrack(world.pool, trackId(12)))?.state).toBe("accepted");
    const { rows } = await world.pool.query("select kind, detail from track_events where track_id = $1", [
      trackId(12),
    ]);
    expect(rows).toEqual(
      [1, 2].map(() => ({ kind: "announced-again", detail: expect.stringContaining("20") })),
    );
    await running.drain();
  });

  test("however often Pub/Sub gives up on a message that did not fail, that is no end; history and metrics tell of it", async () => {
    await using world = await startOn(database);
    await world.listen("tasks.decode");
    const running = await world.start();
    await world.publish("tracks", accepted(11));
    for (const returned of [20, 511, 4_000]) {
      await world.publish("dead-letter", masterReady(11), { ...gaveUp, returned: `${returned}` });
      const again = { returned: `${returned + 1}` };
      await expect.poll(() => world.attributes.at(-1)).toMatchObject(again);
    }
    await expect
      .poll(() => readTrack(world.pool, trackId(11)))
      .toMatchObject({ state: "accepted", outcomes: [] });
    const { rows } = await world.pool.query("select detail from track_events where track_id = $1", [
      trackId(11),
    ]);
    expect(rows).toEqual([{ detail: expect.stringContaining("512 times") }]);
    expect(await world.collectMetrics()).toMatch(
      /segue_returned_messages_total\{[^}]*step="decode"[^}]*\} 3/,
    );
    await running.drain();
  });
});
