// A track that is accepted while the queue is away, by an API that ends before the queue is back: only its object says that it
// was accepted.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "@google-cloud/pubsub";
import { catalog } from "@segue/catalog";
import { connect, readTrack } from "@segue/catalog-db";
import { createNames, deriveTopology, tasksTopic } from "@segue/chain";
import { Task, TrackReceipt } from "@segue/contracts";
import { ingest } from "@segue/ingest";
import { startGcsServer, startPostgresServer, startPubSubServer } from "@segue/local-cloud";
import { findFreePort } from "@segue/local-cloud/free-port";
import { createPubSub } from "@segue/queue";
import { createObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { expect, onTestFinished, test } from "vitest";
import project from "../../segue.config.ts";

const host = "127.0.0.1";

test("a track that only storage has heard of is carried on when the queue is back", async () => {
  const dir = await mkdtemp(join(tmpdir(), "segue-queue-away-"));
  const gcs = await startGcsServer({ host, port: 0, dataDir: join(dir, "gcs") });
  const postgres = await startPostgresServer({ host, port: 0, dataDir: null });
  onTestFinished(async () => {
    await gcs.close();
    await postgres.close();
    await rm(dir, { recursive: true, force: true });
  });
  const { chain } = project;
  const names = createNames({ projectId: "test", prefix: "test" });
  const topology = deriveTopology(chain, names);
  const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
  for (const { name } of topology.buckets) await store.ensureBucket({ name, softDeleteRetentionSec: 0 });
  const { log, meter } = createTelemetry({ service: "test", level: "silent" });
  const apiPort = await findFreePort();
  const env = {
    DATABASE_URL: postgres.url,
    SEGUE_API_PORT: String(apiPort),
    SEGUE_RECONCILE_QUIET_MS: "500",
    SEGUE_RECONCILE_EVERY_MS: "50",
  };
  const shared = { chain, names, store, log, meter, env };

  // Nobody listens on the queue's port. What this client holds back is never sent.
  const queuePort = await findFreePort();
  const endpoint = { apiEndpoint: `${host}:${queuePort}`, emulatorMode: true };
  const api = await ingest.start({ ...shared, pubsub: createPubSub("test", endpoint) });
  const posted = await fetch(`http://${host}:${apiPort}/v1/tracks`, {
    method: "POST",
    body: "RIFF",
    headers: { "content-type": "audio/wav" },
  });
  expect(posted.status).toBe(202);
  const { id } = TrackReceipt.parse(await posted.json());
  await api.drain();

  const queue = await startPubSubServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${queue.port}`, emulatorMode: true });
  for (const topic of topology.topics) await pubsub.createTopic(topic);
  for (const { name, topic } of topology.subscriptions) await pubsub.topic(topic).createSubscription(name);
  const sent: Task[] = [];
  const [tasks] = await pubsub.topic(names.topic(tasksTopic("decode"))).createSubscription("test.tasks");
  tasks.on("message", (message: Message) => {
    sent.push(Task.parse(JSON.parse(message.data.toString())));
    message.ack();
  });
  const running = await catalog.start({ ...shared, pubsub });
  const pool = connect({
    connectionString: postgres.url,
    maxConnections: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
    applicationName: "test",
    onIdleError() {},
  });
  onTestFinished(async () => {
    await running.drain();
    await pool.end();
    await pubsub.close();
    await queue.close();
  });
  await expect.poll(() => sent.map(({ request }) => request.trackId)).toContain(id);
  expect(sent[0]).toMatchObject({ type: "Run", request: { wants: chain.steps.map(({ name }) => name) } });
  expect(await readTrack(pool, id)).toMatchObject({ state: "accepted", source: "upload" });
});
