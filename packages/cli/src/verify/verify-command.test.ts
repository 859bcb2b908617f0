import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { PubSub } from "@google-cloud/pubsub";
import { createChain, createNames, deriveTopology } from "@segue/chain";
import { ensureTopology } from "@segue/launcher/ensure-topology";
import { startGcsServer, startPubSubServer } from "@segue/local-cloud";
import { createPubSub } from "@segue/queue";
import { createObjectStore, type ObjectStore } from "@segue/store";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { runProgram } from "../run-program.ts";
import type { Finding } from "./compare-topology.ts";

const host = "127.0.0.1";
let dir: string;
let queue: Awaited<ReturnType<typeof startPubSubServer>>;
let gcs: Awaited<ReturnType<typeof startGcsServer>>;
let pubsub: PubSub;
let store: ObjectStore;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-verify-"));
  queue = await startPubSubServer({ host, port: 0, dataDir: null });
  gcs = await startGcsServer({ host, port: 0, dataDir: dir });
  pubsub = createPubSub("test", { apiEndpoint: `${host}:${queue.port}`, emulatorMode: true });
  store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
});
afterAll(async () => {
  await pubsub.close();
  await queue.close();
  await gcs.close();
  await rm(dir, { recursive: true, force: true });
});

/** A bucket's settings, as Cloud Storage's JSON API has them; changed first if something is given. */
async function bucket(name: string, settings?: object) {
  const init = settings && {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(settings),
  };
  const response = await fetch(`${gcs.url}/storage/v1/b/${name}`, init);
  expect(response.status).toBe(200);
  const { lifecycle, softDeletePolicy, metageneration } = z
    .object({
      lifecycle: z.object({ rule: z.array(z.unknown()) }).optional(),
      softDeletePolicy: z.unknown(),
      metageneration: z.string(),
    })
    .parse(await response.json());
  return { lifecycle, softDeletePolicy, metageneration };
}

async function verify(...args: string[]) {
  let text = "";
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const env = {
    GOOGLE_CLOUD_PROJECT: "test",
    PUBSUB_EMULATOR_HOST: `${host}:${queue.port}`,
    SEGUE_GCS_ENDPOINT: gcs.url,
  };
  const config = { cwd: process.cwd(), env };
  const code = await runProgram(["verify", ...args], { config, stdout, stderr: process.stderr });
  return { code, text };
}
async function findings(...args: string[]): Promise<Finding[]> {
  const all: Finding[] = JSON.parse((await verify("--json", ...args)).text);
  // Of every emulator: it has no grants.
  return all.filter(({ problem }) => problem !== "unknown");
}

test("of an empty project all is missing; with --create all is there, and a second time too", async () => {
  const all = await findings();
  expect(new Set(all.map(({ problem }) => problem))).toEqual(new Set(["missing"]));
  expect(all.map(({ resource }) => resource)).toEqual(
    expect.arrayContaining([
      "topic segue.master",
      "subscription segue.pcm.encode",
      "subscription segue.pcm.encode.backfill",
      "bucket test-segue-scratch",
    ]),
  );
  expect((await verify()).code).toBe(1);
  for (const args of [["--create"], ["--create"], []]) {
    const { code, text } = await verify(...args);
    expect(code).toBe(0);
    expect(text).toMatch(/unknown: grants.*\n.*: all there\n$/);
  }
});

test("what was broken is told precisely, and mended where it can be", async () => {
  const full = (topic: string) => pubsub.topic(topic).name;
  await pubsub.subscription("segue.pcm.encode").delete();
  await pubsub.subscription("segue.pcm.loudness").setMetadata({ ackDeadlineSeconds: 60 });
  await pubsub.subscription("segue.pcm.waveform").delete();
  await pubsub.topic("segue.pcm").createSubscription("segue.pcm.waveform", { filter: 'attributes:"other"' });
  await bucket("test-segue-scratch", {
    lifecycle: { rule: [] },
    softDeletePolicy: { retentionDurationSeconds: 604_800 },
  });
  const told = (await findings()).map(({ resource, detail }) => `${resource}: ${detail}`);
  expect(told).toEqual(
    expect.arrayContaining([
      "subscription segue.pcm.encode: it is not there",
      "subscription segue.pcm.loudness: ack deadline in s: expected 10, got 60",
      expect.stringMatching(
        /^subscription segue.pcm.waveform: filter: expected attributes:"want.waveform" AND .*, got attributes:"other"$/,
      ),
      `subscription segue.pcm.waveform: dead-letter topic: expected ${full("segue.dead-letter")}, got none`,
      "bucket test-segue-scratch: deletes objects after days: expected 1, got none",
      "bucket test-segue-scratch: keeps deleted objects for s: expected 0, got 604800",
    ]),
  );
  // Made, and nothing changed.
  expect((await findings("--create")).map(({ resource }) => resource)).toEqual([
    "subscription segue.pcm.loudness",
    ...Array.from({ length: 6 }, () => "subscription segue.pcm.waveform"),
    "bucket test-segue-scratch",
    "bucket test-segue-scratch",
  ]);
  const left = await findings("--change-subscriptions", "--change-buckets");
  expect(left).toMatchObject([{ resource: "subscription segue.pcm.waveform", problem: "differs" }]);
  expect(left[0]?.remedy).toContain("delete the subscription");
});

test("buckets that are there keep their settings, whatever is made or changed beside them", async () => {
  const roles = ["masters", "assets", "records", "scratch"];
  const keep = {
    action: { type: "SetStorageClass" as const, storageClass: "COLDLINE" },
    condition: { age: 30 },
  };
  const old = { action: { type: "Delete" as const }, condition: { age: 90 } };
  for (const role of roles) {
    const settings = {
      lifecycle: { rule: [keep, old] },
      softDeletePolicy: { retentionDurationSeconds: 2_592_000 },
    };
    await bucket(`test-segue-${role}`, settings);
  }
  const readAll = () => Promise.all(roles.map((role) => bucket(`test-segue-${role}`)));
  const before = await readAll();
  expect(before[0]?.lifecycle?.rule).toHaveLength(2);
  await verify();
  await verify("--create");
  // What a fleet does as it starts.
  await ensureTopology(
    pubsub,
    store,
    deriveTopology(createChain([]), createNames({ projectId: "test", prefix: "segue" })),
  );
  expect(await readAll()).toEqual(before);

  const left = await findings("--change-buckets");
  const after = await readAll();
  expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
  expect(after[3]).toMatchObject({
    lifecycle: { rule: [keep, { ...old, condition: { age: 1 } }] },
    softDeletePolicy: { retentionDurationSeconds: "0" },
  });
  expect(left.filter(({ resource }) => resource.startsWith("bucket"))).toMatchObject(
    ["masters", "assets", "records"].map((role) => ({
      resource: `bucket test-segue-${role}`,
      detail: "deletes objects after days: expected none, got 90",
      remedy: expect.stringContaining("yourself"),
    })),
  );
});

test("buckets of another edition are the finding, and nothing is made beside them", async () => {
  const mark = { bucket: "test-segue-records", name: "edition.json" };
  await store.writeObject({ ...mark, body: Buffer.from(JSON.stringify({ edition: 3 })), createOnly: false });
  expect(await findings("--create")).toEqual([
    {
      resource: "edition",
      problem: "differs",
      detail: "bucket test-segue-records holds data of a later edition than this one (3, not 2)",
      remedy: expect.stringContaining("SEGUE_PREFIX"),
    },
  ]);
  await store.deleteObject(mark);
});

test("a cloud that does not answer is no finding", async () => {
  const config = { cwd: process.cwd(), env: { SEGUE_GCS_ENDPOINT: "no-url" } };
  const code = await runProgram(["verify"], {
    config,
    stdout: process.stdout,
    stderr: new Writable({ write: (_c, _e, done) => done() }),
  });
  expect(code).toBe(3);
});
