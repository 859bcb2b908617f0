import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "@google-cloud/pubsub";
import { createHolds } from "@segue/artifacts";
import { connect, readTrack } from "@segue/catalog-db";
import {
  type Chain,
  catalogConsumer,
  createLiveChain,
  deriveTopology,
  planRequest,
  tasksTopic,
  tracksTopic,
} from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import {
  defineKind,
  lowestTrackId,
  Pcm,
  StepError,
  type StepSpec,
  Task,
  type TrackAccepted,
  trackObjectName,
} from "@segue/contracts";
import { startGcsServer, startPostgresServer, startPubSubServer } from "@segue/local-cloud";
import { createPubSub } from "@segue/queue";
import { createObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { z } from "zod";
import { accepted, chain, failed, names, outcome } from "../fixtures/chain.ts";
import { startCatalog } from "../server.ts";

const host = "127.0.0.1";

/** The catalog over the local cloud, looking often. What is sent to `decode` is lost unless the test keeps it. */
async function startWithCloud(chainOf: Chain<StepSpec> = chain) {
  const dir = await mkdtemp(join(tmpdir(), "segue-reconcile-"));
  const queue = await startPubSubServer({ host, port: 0, dataDir: null });
  const gcs = await startGcsServer({ host, port: 0, dataDir: join(dir, "gcs") });
  const postgres = await startPostgresServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${queue.port}`, emulatorMode: true });
  const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
  const topology = deriveTopology(chain, names);
  for (const topic of [...topology.topics, names.topic(tasksTopic("level"))]) await pubsub.createTopic(topic);
  for (const { name, topic } of topology.subscriptions)
    if (name.endsWith(catalogConsumer)) await pubsub.topic(topic).createSubscription(name);
  for (const { name } of topology.buckets) await store.ensureBucket({ name, softDeleteRetentionSec: 0 });
  const sent: Task[] = [];
  for (const topic of [tasksTopic("decode"), tasksTopic("level")]) {
    const [tasks] = await pubsub.topic(names.topic(topic)).createSubscription(`test.${topic}`);
    tasks.on("message", (message: Message) => {
      sent.push(Task.parse(JSON.parse(message.data.toString())));
      message.ack();
    });
  }
  const { log, meter, collectMetrics } = createTelemetry({ service: "catalog", level: "silent" });
  const env = {
    DATABASE_URL: postgres.url,
    SEGUE_RECONCILE_QUIET_MS: "500",
    SEGUE_RECONCILE_EVERY_MS: "50",
    SEGUE_RECONCILE_MAX_ANNOUNCEMENTS: "2",
  };
  const catalog = await startCatalog({ chain: chainOf, names, pubsub, store, log, meter, env });
  const pool = connect({
    connectionString: postgres.url,
    maxConnections: 2,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    applicationName: "test",
    onIdleError() {},
  });
  return {
    pool,
    pubsub,
    sent,
    collectMetrics,
    publish: (topic: string, json: object) =>
      pubsub.topic(names.topic(topic)).publishMessage({ data: Buffer.from(JSON.stringify(json)) }),
    /** A track whose master is in storage. */
    async track(ageMs: number, text: string): Promise<TrackAccepted> {
      const body = Buffer.from(text);
      const master = createHash("sha256").update(body).digest("hex");
      await store.writeObject({ bucket: names.bucket("masters"), name: master, body, createOnly: true });
      const at = new Date(Date.now() - ageMs);
      return accepted(1, { trackId: lowestTrackId(at), acceptedAt: at.toISOString(), master });
    },
    async writeTrackObject(track: TrackAccepted) {
      const name = trackObjectName(track.trackId);
      const body = Buffer.from(JSON.stringify(track));
      await store.writeObject({ bucket: names.bucket("records"), name, body, createOnly: true });
    },
    async saveCheckpoint(track: TrackAccepted, kind: string, number: number) {
      const address = chain.addressesFor(track.master).get(kind) ?? "";
      const body = Buffer.from(JSON.stringify({ v: 1, number, state: null, files: [] }));
      const name = `${address}.run/state/${String(number).padStart(6, "0")}.json`;
      await store.writeObject({ bucket: names.bucket("scratch"), name, body, createOnly: true });
    },
    async putOff(track: TrackAccepted, kind: string) {
      const address = chain.addressesFor(track.master).get(kind) ?? "";
      const error = new StepError("starved", "it mostly waited for a core");
      const key = { address, pieces: { from: 4, to: 8 } };
      await createHolds(store, names).note(key, { error, worker: "w", isSuspect: false, now: new Date() });
    },
    async [Symbol.asyncDispose]() {
      await catalog.drain();
      await pool.end();
      await pubsub.close();
      await queue.close();
      await gcs.close();
      await postgres.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

test("a track whose message was lost has its steps sent a task, until it is done or called stuck", async () => {
  await using cloud = await startWithCloud();
  const healed = await cloud.track(2_000, "healed");
  const lost = await cloud.track(1_000, "lost for good");
  for (const track of [healed, lost]) await cloud.publish(tracksTopic, track);
  await expect.poll(() => cloud.sent.length).toBeGreaterThanOrEqual(2);
  const { trackId, master } = healed;
  const { wants } = healed.request;
  const again = cloud.sent.find(({ request }) => request.trackId === trackId);
  expect(again).toMatchObject({ type: "Run", step: "decode" });
  expect(again?.request).toMatchObject({ requestId: trackId, master, wants, force: [], priority: "live" });

  for (const step of healed.request.wants)
    await cloud.publish("outcomes", { ...outcome(1, step), trackId: healed.trackId, master: healed.master });
  await expect.poll(async () => (await readTrack(cloud.pool, healed.trackId))?.state).toBe("done");
  await expect
    .poll(async () => (await readTrack(cloud.pool, lost.trackId))?.stuck)
    .toContain("announced again 2 times");
  const { rows } = await cloud.pool.query(
    "select kind, detail from track_events where track_id = $1 order by at",
    [lost.trackId],
  );
  expect(rows.map((row) => row.kind)).toEqual(["announced-again", "announced-again", "stuck"]);
  expect(rows[0].detail).toContain("decode");
  expect(cloud.sent.filter(({ request }) => request.trackId === lost.trackId)).toHaveLength(2);
  expect(await cloud.collectMetrics()).toMatch(/segue_reconciler_events_total\{[^}]*kind="stuck"[^}]*\} 1/);
});

test("messages that are purged behind everybody's back are made up for", async () => {
  await using cloud = await startWithCloud();
  const [facts] = await cloud.pubsub
    .topic(names.topic("master"))
    .createSubscription(names.subscription("master", "decode"));
  const track = await cloud.track(0, "purged");
  const { trackId, master, request } = track;
  const { wants } = request;
  await cloud.publish(tracksTopic, track);
  const record = { v: 1, address: master, kind: "master", step: null, inputs: {}, attempt: null };
  const outcomeOf = { status: "succeeded", facts: { sizeBytes: 6 }, payload: null };
  await cloud.publish("master", {
    v: 2,
    type: "ArtifactReady",
    record: { ...record, outcome: outcomeOf },
    request: planRequest(chain, { requestId: trackId, trackId, master, wants }),
  });
  await facts.seek(new Date(Date.now() + 60_000));
  await expect.poll(() => cloud.sent.length).toBeGreaterThan(0);
  for (const step of wants) await cloud.publish("outcomes", { ...outcome(1, step), trackId, master });
  await expect.poll(async () => (await readTrack(cloud.pool, trackId))?.state).toBe("done");
});

test("a track of which only the object was written is found in storage and taken up", async () => {
  await using cloud = await startWithCloud();
  const track = await cloud.track(5_000, "its publish failed");
  await cloud.writeTrackObject(track);
  await expect.poll(() => cloud.sent.map(({ request }) => request.trackId)).toContain(track.trackId);
  expect(await readTrack(cloud.pool, track.trackId)).toMatchObject({
    state: "accepted",
    master: track.master,
  });
  const { rows } = await cloud.pool.query("select kind from track_events order by at");
  expect(rows[0]).toEqual({ kind: "found-in-storage" });
});

test("what came while no catalog ran is found, however long that was", async () => {
  await using cloud = await startWithCloud();
  const days = 86_400_000;
  const isLookedAt = async () => (await cloud.pool.query("select from sweeps")).rowCount;
  await expect.poll(isLookedAt).toBe(1);
  const track = await cloud.track(3 * days, "its publish failed on Friday");
  await cloud.writeTrackObject(track);
  const old = await cloud.track(9 * days, "looked at before");
  await cloud.writeTrackObject(old);
  // As the last catalog left it; then as a database that was made anew. Until it is seen: a sweep under way would note its own end.
  const sweptTo = new Date(Date.now() - 4 * days);
  const leave = () => cloud.pool.query("update sweeps set swept_to = $1", [sweptTo]);
  const forget = () => cloud.pool.query("delete from sweeps");
  const stateAfter = async (change: () => Promise<unknown>, id: string) => {
    await change();
    return (await readTrack(cloud.pool, id))?.state;
  };
  await expect.poll(() => stateAfter(leave, track.trackId), { interval: 1_000 }).toBe("accepted");
  expect(await readTrack(cloud.pool, old.trackId)).toBeUndefined();
  await expect.poll(() => stateAfter(forget, old.trackId), { interval: 1_000 }).toBe("accepted");
});

test("a long run that leaves checkpoints is left alone, until it no longer does", async () => {
  await using cloud = await startWithCloud();
  const track = await cloud.track(2_000, "three hours");
  await cloud.publish(tracksTopic, track);
  const until = performance.now() + 3_000;
  let number = 0;
  while (performance.now() < until) {
    number += 1;
    await cloud.saveCheckpoint(track, "pcm", number);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(cloud.sent).toEqual([]);
  await expect.poll(() => cloud.sent[0]).toMatchObject({ type: "Run", request: { trackId: track.trackId } });
});

test("a track whose work was put off has an owner, however long that is", async () => {
  await using cloud = await startWithCloud();
  const starving = await cloud.track(2_000, "starves");
  const lost = await cloud.track(1_000, "lost");
  await cloud.putOff(starving, "pcm");
  for (const track of [starving, lost]) await cloud.publish(tracksTopic, track);
  // The other one has come to its last resort meanwhile.
  await expect.poll(async () => (await readTrack(cloud.pool, lost.trackId))?.stuck).toContain("2 times");
  expect(cloud.sent.filter(({ request }) => request.trackId === starving.trackId)).toEqual([]);
  expect(await readTrack(cloud.pool, starving.trackId)).toMatchObject({ state: "accepted", stuck: null });
});

test("a master that is gone makes its track stuck at once, in words", async () => {
  await using cloud = await startWithCloud();
  const track = { ...(await cloud.track(2_000, "x")), master: "f".repeat(64) };
  await cloud.publish(tracksTopic, track);
  await expect
    .poll(async () => (await readTrack(cloud.pool, track.trackId))?.stuck)
    .toBe("its master is gone from storage");
  expect(cloud.sent).toEqual([]);
});

const Level = defineKind({ name: "level", retention: "derivative", payload: null, facts: z.unknown() });

test("a track whose last step was taken out of the fleet ends as stuck, by name", async () => {
  await using cloud = await startWithCloud();
  const track = await cloud.track(2_000, "its step is gone");
  const wants = [...track.request.wants, "level"];
  await cloud.publish(tracksTopic, { ...track, request: { ...track.request, wants } });
  for (const step of track.request.wants)
    await cloud.publish("outcomes", { ...outcome(1, step), trackId: track.trackId, master: track.master });
  await expect
    .poll(async () => (await readTrack(cloud.pool, track.trackId))?.stuck)
    .toBe("it was announced again 2 times, and nobody has taken it up; it waits for level");
});

test("a step that the catalog hears of only after the one before it has failed is blocked in the end", async () => {
  const live = createLiveChain(chain);
  await using cloud = await startWithCloud(live);
  const track = await cloud.track(2_000, "fails early");
  const { trackId, master } = track;
  const decodeFails = () => cloud.publish("outcomes", { ...outcome(1, "decode", failed()), trackId, master });
  await cloud.publish(tracksTopic, {
    ...track,
    request: { ...track.request, wants: [...track.request.wants, "level"] },
  });
  await decodeFails();
  await expect
    .poll(async () => (await readTrack(cloud.pool, trackId))?.outcomes.length)
    .toBe(track.request.wants.length);
  expect((await readTrack(cloud.pool, trackId))?.state).toBe("processing");
  live.update([stepSpec("level", [Pcm], Level)]);
  // As decode does when level is sent a task, and asks for what it makes.
  await cloud.publish("outcomes", { ...outcome(1, "decode", { ...failed(), sec: 9 }), trackId, master });
  await expect.poll(async () => (await readTrack(cloud.pool, trackId))?.state).toBe("failed");
});
