// A step with three outputs joins a fleet that runs, and is then replaced by its next version with tracks under way.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createNames, deriveTopology, localNaming } from "@segue/chain";
import { runCli } from "@segue/cli/testing";
import { BackfillResource, type TrackResource } from "@segue/contracts";
import { midSide } from "@segue/example-mid-side";
import { ensureTopology } from "@segue/launcher";
import { encodeWav } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expireScratch, pubsubOf, storeOf } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import pluggedIn from "./fixtures/mid-side.config.ts";

const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;
const kinds = ["mid", "side", "stereo-width"];

let running: FleetUnderTest;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  running = await startFleetUnderTest();
  const { env } = running.fleet;
  const pubsub = pubsubOf(env);
  await ensureTopology(pubsub, storeOf(env), deriveTopology(pluggedIn.chain, createNames(localNaming)));
  await pubsub.close();
});
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await running?.[Symbol.asyncDispose]();
});

async function startWorker(fleet: string): Promise<ChildProcess> {
  const fleetUrl = new URL(`./fixtures/${fleet}.config.ts`, import.meta.url).href;
  const started = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", main, "service", "mid-side", "--fleet", fleetUrl],
    { env: { ...process.env, ...running.fleet.env }, stdio: ["ignore", "pipe", "inherit"] },
  );
  workers.push(started);
  if (started.stdout) await once(started.stdout, "data");
  return started;
}

/** Two channels of a tone, the right one softer. */
function stereo(hz: number): Buffer {
  const channel = (gain: number) =>
    Float32Array.from({ length: 88_200 }, (_, n) => gain * Math.sin((2 * Math.PI * hz * n) / 44_100));
  return encodeWav({ channels: [channel(0.5), channel(0.25)], sampleRateHz: 44_100, bitDepth: 16 });
}

/** Those of a track that the step has made, in the order of their names; each with its file. */
async function outputsOf({ results }: TrackResource) {
  const made = Object.entries(results).filter(([kind]) => kinds.includes(kind));
  for (const [, { asset }] of made) {
    const answer = await running.client.get(asset?.url ?? "/none");
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, asset?.sizeBytes]);
  }
  return made
    .map(([kind, { version, current }]) => ({ kind, version, current }))
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

const all = (version: number) => kinds.map((kind) => ({ kind, version, current: true }));

test("whoever asks for one of them gets all three, of a track that was there before as of a new one", async () => {
  const before = await running.client.post(stereo(220));
  await running.client.ended(before.id);
  await startWorker("mid-side");
  // The API takes the kind as soon as it has looked at what is registered.
  const side = (hz: number) => running.client.post(stereo(hz), { targets: ["side"] });
  await expect.poll(() => side(230).then(() => "taken", String)).toBe("taken");
  const track = await running.client.ended((await side(240)).id);
  expect([track.state, await outputsOf(track)]).toEqual(["done", all(midSide.version)]);
  await expireScratch(running.fleet.env);
  const args = ["make", "--targets", "mid", "--track", before.id, "--api", running.fleet.apiUrl, "--json"];
  const made = BackfillResource.parse(JSON.parse((await runCli(args)).stdout)).tracks;
  expect(made).toMatchObject({ total: 1, succeeded: 1, failed: 0 });
  expect(await outputsOf(await running.client.track(before.id))).toEqual(all(midSide.version));
});

test("while one version takes over from the other, the outputs of every track are of one version", async () => {
  const [old] = workers;
  const post = (hz: number) => running.client.post(stereo(hz), { targets: ["mid", "stereo-width"] });
  const sent = await Promise.all([300, 310, 320, 330].map(post));
  await startWorker("mid-side-raised");
  sent.push(...(await Promise.all([340, 350, 360, 370].map(post))));
  const gone = once(old as ChildProcess, "exit");
  old?.kill("SIGTERM");
  sent.push(...(await Promise.all([380, 390].map(post))));
  expect(await gone).toEqual([0, null]);
  for (const { id } of sent) {
    const track = await running.client.ended(id);
    expect(track.state).toBe("done");
    const versions = (await outputsOf(track)).map(({ version }) => version);
    expect([versions.length, new Set(versions).size]).toEqual([3, 1]);
  }
  // What is asked for now is of the new version: its three outputs replace the old three, none of them alone.
  const make = async () => {
    const args = ["make", "--targets", "side", "--api", running.fleet.apiUrl, "--json"];
    return BackfillResource.parse(JSON.parse((await runCli(args)).stdout)).tracks;
  };
  const madeOf = async (id: string) => {
    await make();
    return outputsOf(await running.client.track(id));
  };
  await expect.poll(() => madeOf(sent[0]?.id ?? "")).toEqual(all(midSide.version + 1));
  for (const { id } of sent)
    expect(await outputsOf(await running.client.track(id))).toEqual(all(midSide.version + 1));
});
