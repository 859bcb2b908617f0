// A fleet whose services may do what its specification grants them, and nothing else, does all that a fleet is asked for; and needs all of it.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { walkWithPayloads } from "@segue/artifacts";
import { createNames, localNaming } from "@segue/chain";
import { uploadResumable } from "@segue/client";
import { ArtifactRecord, Master, TrackReceipt } from "@segue/contracts";
import type { FleetSpec, ServiceSpec } from "@segue/contracts/fleet-spec";
import { describeFleet } from "@segue/fleet-spec";
import { describePermissions, type Permission } from "@segue/fleet-spec/permissions";
import { projectFleetUrl } from "@segue/launcher";
import { type Access, readAccesses } from "@segue/local-cloud/doors";
import { loadFleet } from "@segue/step";
import { encodeWav } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { expireScratch, storeOf } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest, timesComputed } from "../support/fleet-under-test.ts";

const names = createNames(localNaming);
const dir = mkdtempSync(join(tmpdir(), "segue-grants-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const json = (body: object) => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

/** Longer than what one encode does: its pieces are shared out. */
function longMaster(): Buffer {
  const rate = 8_000;
  const tone = Float32Array.from(
    { length: 250 * rate },
    (_, n) => 0.2 * Math.sin((2 * Math.PI * 330 * n) / rate),
  );
  return encodeWav({ channels: [tone, tone], sampleRateHz: rate, bitDepth: 16 });
}

let masters: readonly Buffer[];
let sourced: Buffer;
let sent: Buffer;
beforeAll(async () => {
  const make = async (seed: number) =>
    readFileSync((await makeMaster({ seed, durationSec: 10, format: "mp3", dir })).path);
  masters = [await make(5), longMaster(), Buffer.from("no samples at all\n".repeat(40))];
  sourced = await make(6);
  sent = await make(7);
});

/** All that a fleet is asked for: uploads small and large, a source, what fails, what expires, replays, pings, a backfill, a restart. */
async function askForEverything(running: FleetUnderTest): Promise<void> {
  const { client, fleet } = running;
  const store = storeOf(fleet.env);
  await store.ensureBucket({ name: "library", softDeleteRetentionSec: 0 });
  await store.writeObject({ bucket: "library", name: "b.mp3", body: sourced, createOnly: true });
  const direct = {
    sizeBytes: sent.length,
    read: async (start: number, end: number) => sent.subarray(start, end),
  };
  const uploaded = await uploadResumable(client.api, direct);
  const [song = "", ...others] = (await Promise.all(masters.map((body) => client.post(body)))).map(
    ({ id }) => id,
  );
  const fetchSource = async () => {
    const sent = await client.get("/v1/tracks", json({ source: "gs://library/b.mp3" }));
    return TrackReceipt.parse(await sent.json()).id;
  };
  others.push(uploaded.id, await fetchSource());
  for (const id of [song, ...others]) await client.ended(id);
  // The same bytes again are there, and stay: their masters are touched.
  await client.ended(await fetchSource());
  for (const body of masters.slice(0, 1)) await client.ended((await client.post(body)).id);
  const { aac } = (await client.track(song)).results;
  expect((await client.get(aac?.asset?.url ?? "")).status).toBe(200);
  // What is asked for again has lost what it is made of.
  await expireScratch(fleet.env);
  await client.replay(song, { force: ["key"] });
  await client.history(song, (history) => timesComputed(history, "key") > 1);
  await client.ended(song);
  await client.get("/v1/pings", json({}));
  await client.backfillEnded((await client.api.requestBackfill({ force: ["loudness"] })).id);
  await running.restart();
  await running.client.replay(song, { force: ["tempo"] });
  await running.client.history(song, (history) => timesComputed(history, "tempo") > 1);
  await running.client.ended(song);
  // And what nobody may have any more goes from everywhere.
  const [, unwanted = Buffer.of()] = masters;
  const address = createHash("sha256").update(unwanted).digest("hex");
  const { id } = await running.client.api.takeDown({ masters: [address], again: "refuse" });
  const stateOf = async () => (await running.client.api.readTakedown(id))?.state;
  await vi.waitUntil(async () => (await stateOf()) === "removed", { timeout: 120_000, interval: 200 });
  const mastersOf = { bucket: names.bucket("masters"), prefix: address };
  const left = await storeOf(running.fleet.env).listObjects(mastersOf);
  expect(left.objects).toEqual([]);
}

/** Address to the kinds of the payloads that are named for it. */
async function kindsByObject(env: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  const kinds = new Map<string, string>();
  const store = storeOf(env);
  const note = ({ outcome, kind }: ArtifactRecord) => {
    if (outcome.status === "succeeded" && outcome.payload)
      kinds.set(`${outcome.payload.bucket}/${outcome.payload.name}`, kind);
  };
  for await (const { bucket, name } of store.walkObjects({ bucket: names.bucket("records"), prefix: "" }))
    if (/^[0-9a-f]{64}\.json$/.test(name)) note(ArtifactRecord.parse(await store.readJson({ bucket, name })));
  for await (const record of walkWithPayloads(store, names)) note(record);
  return kinds;
}

const wordsOf = ({ permission, resource }: Permission) => `${permission} ${resource}`;

/** What the readiness of a service asks, and bears to be refused: the queue answers. */
const isReadiness = ({ permission }: Access) => /^pubsub\.(topics|subscriptions)\.get$/.test(permission);

describe.each(["default", "economy"])("placement %s", (placement) => {
  const accessLog = join(dir, `${placement}.jsonl`);
  const env = { SEGUE_PLACEMENT: placement };
  let running: FleetUnderTest;
  let spec: FleetSpec;
  let permissions: ReadonlyMap<string, readonly Permission[]>;
  let kinds: ReadonlyMap<string, string>;
  let accesses: readonly Access[];

  beforeAll(async () => {
    const fleet = await loadFleet(projectFleetUrl, env);
    spec = await describeFleet(fleet, localNaming, placement);
    permissions = describePermissions(fleet, localNaming, env);
    running = await startFleetUnderTest({ env, doors: { accessLog } });
    await askForEverything(running);
    kinds = await kindsByObject(running.fleet.env);
    accesses = readAccesses(accessLog);
  });
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
  });

  test("its services are those that run", () => {
    const processes = running.fleet.processes().filter(({ role }) => role === "service");
    expect(spec.services.map(({ name }) => name).sort()).toEqual(
      processes.map(({ service }) => service).sort(),
    );
  });

  test("no service is refused anything, and each is ready", () => {
    expect(new Set(accesses.map(({ identity }) => identity))).toEqual(new Set(permissions.keys()));
    const refused = accesses.filter((access) => access.grantedBy === null && !isReadiness(access));
    expect(refused).toEqual([]);
    for (const { name } of spec.services)
      expect(readFileSync(join(running.dataDir, "logs", `${name}.log`), "utf8")).not.toContain("not ready");
  });

  // Of what one service hosts as a whole, nothing else could be read.
  test.skipIf(placement === "economy")(
    "payloads that a service of steps reads and writes are of its kinds",
    () => {
      const granted = new Set(
        spec.services.flatMap((service) => service.grants.objects.flatMap((each) => each.kinds)),
      );
      granted.delete(Master.name);
      expect(new Set(kinds.values())).toEqual(granted);
      for (const { name, runs, grants } of spec.services) {
        if (runs === "server") continue;
        const own = new Set(grants.objects.flatMap((each) => each.kinds));
        const met = accesses
          .filter(({ identity }) => identity === name)
          .flatMap(({ resource, object }) => kinds.get(`${resource}/${object}`) ?? []);
        expect([name, [...new Set(met)].filter((kind) => !own.has(kind))]).toEqual([name, []]);
      }
    },
  );

  test("what is granted is used, but for what days without trouble have no use for", () => {
    const unused = spec.services.flatMap((service) => {
      const used = new Set(
        accesses
          .filter(({ identity }) => identity === service.name)
          .map(({ permission, grantedBy }) => `${permission} ${grantedBy}`),
      );
      return (permissions.get(service.name) ?? [])
        .map(wordsOf)
        .filter((words) => !used.has(words) && !isForTrouble(spec, service, words))
        .map((words) => `${service.name}: ${words}`);
    });
    expect(unused).toEqual([]);
  });
});

/**
 * Dead letters, inputs that have expired, what is written over or left behind, a catalog that is built again from storage; and facts that
 * nobody outside hears, until a plug-in does.
 */
function isForTrouble(spec: FleetSpec, { name, grants }: ServiceSpec, words: string): boolean {
  // Records of files that are kept are with the files.
  if (name === "catalog" && words === `storage.objects.get ${names.bucket("assets")}`) return true;
  if (/publish \S+\.(dead-letter|tasks\.\S+)$/.test(words)) return true;
  if (/objects\.(list|delete) | \S+-scratch$/.test(words)) return true;
  // Part of making a subscription; and what a process does as its last.
  if (/attachSubscription|subscriptions\.delete/.test(words)) return true;
  const topic = /publish projects\/[^/]+\/topics\/(\S+)$/.exec(words)?.[1];
  const hearers = spec.subscriptions.filter((subscription) => subscription.topic === topic);
  return topic !== undefined && hearers.every(({ name }) => grants.consume.includes(name));
}
