// With processes: one that is killed while a receiver has its request, and a whole catalog, from the queue to the receiver.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { testDatabases } from "@segue/catalog-db/testing";
import type { News } from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import { describe, expect, test } from "vitest";
import { startWithCloud } from "../fixtures/catalog-with-cloud.ts";
import { chain } from "../fixtures/chain.ts";
import { startTestPool } from "../fixtures/test-pool.ts";
import { startReceiver } from "../fixtures/webhook-receiver.ts";
import { addWebhook, happen, startSender } from "../fixtures/webhooks.ts";

const patient = { timeout: 200_000 };
const processFile = fileURLToPath(new URL("../fixtures/sender-process.ts", import.meta.url));

describe.each(testDatabases)("a sender over $name", (kind) => {
  test("is killed with requests under way: another sends them again under their ids, and what follows", async () => {
    await using started = await startTestPool(kind);
    const { pool, database } = started;
    await using receiver = await startReceiver();
    receiver.answerWith(() => ({ status: "silence" }));
    await addWebhook(pool, receiver.url);
    const codes = ["a", "b", "c"];
    await happen(pool, ...[1, 2, 3].flatMap((track) => codes.map((code) => ({ track, code }))));
    const child = spawn(process.execPath, [processFile, database.url], { stdio: "inherit" });
    await expect.poll(() => receiver.received.length, patient).toBe(3);
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    receiver.answerWith(() => ({ status: 200 }));
    // A minute later.
    await pool.query(
      "update webhook_deliveries set next_at = next_at - interval '60 s' where next_at is not null",
    );
    const { sender } = startSender(pool);
    await expect.poll(() => receiver.taken().length, patient).toBe(9);
    await sender.stop();
    for (const track of new Set(receiver.taken().map(({ trackId }) => trackId)))
      expect(receiver.taken().flatMap((body) => (body.trackId === track ? [body.code] : []))).toEqual(codes);
    const ids = receiver.received.map(({ id }) => id);
    expect(new Set(ids).size).toBe(9);
    expect(new Set(ids.slice(3))).toEqual(new Set(ids));
  });
});

test("a catalog sends what it hears from the queue, once it has heard that there is a webhook", async () => {
  const ears: ((news: News | undefined) => void)[] = [];
  const news: NewsSource = { isListening: () => true, onNews: (ear) => void ears.push(ear) };
  await using cloud = await startWithCloud(chain, 60_000, news);
  await using receiver = await startReceiver();
  const accept = async (text: string) => {
    const track = await cloud.track(0, text);
    await cloud.publish("tracks", track);
    return track.trackId;
  };
  await accept("nobody is told");
  await expect
    .poll(
      async () => (await cloud.pool.query("select from changes").catch(() => undefined))?.rowCount,
      patient,
    )
    .toBe(1);
  await addWebhook(cloud.pool, receiver.url);
  for (const ear of ears) ear({ v: 1, type: "WebhooksChanged" });
  const told = [await accept("one"), await accept("two")];
  const tracks = () => receiver.taken().map(({ type, trackId }) => [type, trackId]);
  await expect
    .poll(() => tracks().toSorted(), patient)
    .toEqual(told.map((trackId) => ["track.accepted", trackId]).toSorted());
  await expect
    .poll(() => cloud.collectMetrics(), patient)
    .toMatch(/^segue_webhook_deliveries_total\{.*outcome="delivered".*\} 2/m);
});
