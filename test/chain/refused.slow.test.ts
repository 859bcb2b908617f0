// What a service may not do is refused by queue and storage. Where it needs it, it says so in words that name what to grant, and goes on once it has it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createNames, localNaming, tasksTopic } from "@segue/chain";
import type { DoorsFile } from "@segue/local-cloud/doors";
import { StoreRefusedError } from "@segue/store";
import { encodeWav } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pubsubOf, storeOf } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";

const names = createNames(localNaming);
const song = encodeWav({
  channels: [Float32Array.from({ length: 80_000 }, (_, n) => 0.2 * Math.sin(n / 4))],
  sampleRateHz: 8_000,
  bitDepth: 16,
});

let isWithheld = true;
let running: FleetUnderTest;
beforeAll(async () => {
  running = await startFleetUnderTest({
    doors: {
      withhold: (service, { permission, resource }) =>
        isWithheld &&
        service === "loudness" &&
        permission === "storage.objects.get" &&
        resource === names.bucket("scratch"),
    },
  });
});
afterAll(() => running?.[Symbol.asyncDispose]());

const readIn = (path: string) => readFileSync(join(running.dataDir, path), "utf8");

/** What a service is told of where the cloud is. */
function envOf(service: string): Record<string, string> {
  const { doors }: DoorsFile = JSON.parse(readIn("doors.json"));
  const ports = doors.find(({ identity }) => identity === service)?.ports;
  if (!ports) throw new Error(`expected a door for ${service}`);
  return {
    ...running.fleet.env,
    PUBSUB_EMULATOR_HOST: `127.0.0.1:${ports.pubsub}`,
    SEGUE_GCS_ENDPOINT: `http://127.0.0.1:${ports.gcs}`,
  };
}

test("masters that a step does not consume, records that are not to go, and buckets of others' kinds are forbidden", async () => {
  const { id } = await running.client.post(song);
  const asWhole = storeOf(running.fleet.env);
  const [master] = (await asWhole.listObjects({ bucket: names.bucket("masters"), prefix: "" })).objects;
  const [record] = (await asWhole.listObjects({ bucket: names.bucket("records"), prefix: "" })).objects;
  if (!master || !record) throw new Error(`${id}: expected a master and records`);
  const loudness = storeOf(envOf("loudness"));
  const words = (service: string, permission: string) =>
    new RegExp(`HTTP 403: ${service} does not have ${permission} access to the Google Cloud Storage object`);
  await expect(loudness.readObject(master)).rejects.toThrow(StoreRefusedError);
  await expect(loudness.readObject(master)).rejects.toThrow(words("loudness", "storage.objects.get"));
  await expect(storeOf(envOf("ingest")).deleteObject(record)).rejects.toThrow(
    words("ingest", "storage.objects.delete"),
  );
  await expect(
    storeOf(envOf("catalog")).writeObject({
      bucket: master.bucket,
      name: master.name,
      body: Buffer.from("x"),
      createOnly: true,
    }),
  ).rejects.toThrow(words("catalog", "storage.objects.create"));
  // Nothing of it has gone, and who decodes reads it.
  expect((await storeOf(envOf("decode")).readObject(master)).equals(song)).toBe(true);
  expect(await asWhole.statObject(record)).toBeDefined();
});

test("topics and subscriptions of others are closed", async () => {
  const loudness = pubsubOf(envOf("loudness"));
  const denied = { code: 7, details: "User not authorized to perform this action." };
  const data = Buffer.from("{}");
  for (const topic of ["tempo", "tracks", tasksTopic("encode")])
    await expect(loudness.topic(names.topic(topic)).publishMessage({ data })).rejects.toMatchObject(denied);
  const foreign = loudness.subscription(names.taskSubscription("encode", "live"));
  await expect(
    new Promise((_, reject) => foreign.on("error", reject).on("message", reject)),
  ).rejects.toMatchObject(denied);
  await foreign.close();
  await loudness.close();
});

test("a service that lacks a grant says which, its track waits for it alone, and goes on once it is granted", async () => {
  const { id } = await running.client.post(song, { fileName: "again.wav" });
  const missing = "loudness does not have storage.objects.get access";
  await expect.poll(() => readIn("logs/loudness.log"), { timeout: 60_000 }).toContain(missing);
  expect(readIn("logs/gcs.log")).toContain('"identity":"loudness","permission":"storage.objects.get"');
  const waiting = async () =>
    (await running.client.track(id)).steps
      .filter(({ status }) => status === "waiting")
      .map(({ step }) => step);
  await expect.poll(waiting, { timeout: 60_000 }).toEqual(["loudness"]);
  isWithheld = false;
  await running.restart();
  const { results } = await running.client.ended(id);
  expect(results.loudness).toBeDefined();
});
