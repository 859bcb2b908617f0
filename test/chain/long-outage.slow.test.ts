// Storage that is away for longer than the queue has patience for. The queue's patience is cut short: 5 deliveries, not 20.
import { createNames, deadLetterTopic, deriveTopology, localNaming } from "@segue/chain";
import { demoTrack } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import project from "../../segue.config.ts";
import { openCatalog } from "../chaos/catalog-state.ts";
import { type FaultProxy, startFaultProxy } from "../chaos/fault-proxy.ts";
import { pubsubOf } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";

const maxDeliveryAttempts = 5;
let running: FleetUnderTest;
let storage: FaultProxy;

beforeAll(async () => {
  running = await startFleetUnderTest({
    async route(cloud) {
      const { hostname, port } = new URL(cloud.SEGUE_GCS_ENDPOINT);
      storage = await startFaultProxy({ host: hostname, port: Number(port) });
      return { SEGUE_GCS_ENDPOINT: `http://127.0.0.1:${storage.port}` };
    },
  });
  await cutPatienceShort(running.fleet.env);
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await storage?.[Symbol.asyncDispose]();
});

async function cutPatienceShort(env: Readonly<Record<string, string>>): Promise<void> {
  const pubsub = pubsubOf(env);
  const names = createNames(localNaming);
  const topic = pubsub.topic(names.topic(deadLetterTopic)).name;
  const backoff = { minimumBackoff: { nanos: 1e8 }, maximumBackoff: { nanos: 2e8 } };
  for (const { name, deadLetter } of deriveTopology(project.chain, names).subscriptions)
    if (deadLetter)
      await pubsub.subscription(name).setMetadata({
        deadLetterPolicy: { deadLetterTopic: topic, maxDeliveryAttempts },
        retryPolicy: backoff,
      });
  await pubsub.close();
}

test("what the queue gives up on meanwhile is sent again, and the track is done", async () => {
  const { client, fleet } = running;
  // The API reads histories from storage, too.
  const pool = openCatalog(fleet.env.DATABASE_URL ?? "");
  const events = async () => (await pool.query("select kind, detail from track_events")).rows;
  try {
    const { id } = await client.post(demoTrack().wav);
    storage.set({ kind: "refuse" });
    await expect.poll(events, { interval: 500 }).not.toEqual([]);
    expect((await events())[0]).toMatchObject({
      kind: "announced-again",
      detail: expect.stringMatching(/^the queue gave up on its message to .+ after 5 deliveries/),
    });
    storage.set(null);
    expect(await client.ended(id)).toMatchObject({ state: "done" });
  } finally {
    await pool.end();
  }
});
