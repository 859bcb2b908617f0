// A step of a service of its own joins a fleet whose other steps all live together, and consumes what these only hand on.
import type { ChildProcess } from "node:child_process";
import { createNames, deriveTopology, localNaming } from "@segue/chain";
import { runCli } from "@segue/cli/testing";
import { BackfillResource, type TrackResource } from "@segue/contracts";
import { ensureTopology } from "@segue/launcher";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expireScratch, pubsubOf, storeOf } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest, timesComputed } from "../support/fleet-under-test.ts";
import { readScratch } from "../support/read-stored.ts";
import { startWorker } from "../support/start-worker.ts";
import { tone } from "../support/tone.ts";
import pluggedIn from "./fixtures/plugged-in.config.ts";

const fleetUrl = new URL("./fixtures/plugged-in.config.ts", import.meta.url).href;

let running: FleetUnderTest;
let worker: ChildProcess;
let old: TrackResource;

beforeAll(async () => {
  running = await startFleetUnderTest({ env: { SEGUE_PLACEMENT: "economy" } });
  const { client, fleet } = running;
  old = await client.ended((await client.post(tone(220))).id);
  const pubsub = pubsubOf(fleet.env);
  await ensureTopology(pubsub, storeOf(fleet.env), deriveTopology(pluggedIn.chain, createNames(localNaming)));
  await pubsub.close();
  worker = await startWorker("crossings", fleetUrl, fleet.env);
});
afterAll(async () => {
  worker?.kill("SIGKILL");
  await running?.[Symbol.asyncDispose]();
});

/** Of each step, how often it was computed for a track. */
async function countComputed(id: string): Promise<Record<string, number>> {
  const history = await running.client.history(id, () => true);
  const steps = new Set(history.attempts.map(({ step }) => step));
  return Object.fromEntries([...steps].map((step) => [step, timesComputed(history, step)]));
}

const others = { tempo: 1, key: 1, tags: 1, encode: 1, loudness: 1, waveform: 1 };

test("before it came nothing of what is handed on was stored", async () => {
  expect(old.state).toBe("done");
  expect(await readScratch(running.fleet.env)).toEqual([]);
});

test("a track that wants its kind has what it consumes exported while it is made", async () => {
  const { client, fleet } = running;
  // Until the API has looked, there is no such target.
  await expect
    .poll(() =>
      client.post(tone(300), { targets: ["crossings"] }).then(
        () => "accepted",
        () => "refused",
      ),
    )
    .toBe("accepted");
  const track = await client.ended((await client.post(tone(440))).id);
  expect(track.state).toBe("done");
  expect(track.results.crossings?.facts).toEqual({ perSec: expect.closeTo(880, -1) });
  expect(await countComputed(track.id)).toEqual({ decode: 1, downsample: 1, crossings: 1, ...others });
  const { address } = track.results.mono16k ?? {};
  expect(await readScratch(fleet.env)).toContain(`${address}.wav`);
});

test("an old track, of which nothing was ever stored, has it made again", async () => {
  const { client, fleet } = running;
  await expireScratch(fleet.env);
  const args = ["--targets", "crossings", "--track", old.id, "--api", fleet.apiUrl, "--json"];
  const { stdout } = await runCli(["make", ...args]);
  expect(BackfillResource.parse(JSON.parse(stdout)).tracks).toMatchObject({ succeeded: 1, failed: 0 });
  const track = await client.track(old.id);
  expect(track.results.crossings?.facts).toEqual({ perSec: expect.closeTo(440, -1) });
  expect(await countComputed(old.id)).toEqual({ decode: 2, downsample: 2, crossings: 1, ...others });
  expect(await readScratch(fleet.env)).toContain(`${track.results.mono16k?.address}.wav`);
});

test("the same bytes again cost nothing, though none of what is handed on is there", async () => {
  const { client, fleet } = running;
  await expireScratch(fleet.env);
  const { state, steps } = await client.ended((await client.post(tone(220))).id);
  expect([state, new Set(steps.map(({ how }) => how))]).toEqual(["done", new Set(["skipped"])]);
  expect(steps.map(({ step }) => step)).toContain("crossings");
  expect(await readScratch(fleet.env)).toEqual([]);
});
