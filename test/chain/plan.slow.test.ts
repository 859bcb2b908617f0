import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { tempo } from "@segue/bpm-key";
import { encodeWav } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";

const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;
const raisedTempo = new URL("./fixtures/raised-tempo.config.ts", import.meta.url).pathname;

/** Two seconds of a tone: enough for every step to come to an end. */
function tone(): Buffer {
  const samples = Float32Array.from(
    { length: 88_200 },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * 440 * n) / 44_100),
  );
  return encodeWav({ channels: [samples], sampleRateHz: 44_100, bitDepth: 16 });
}

let running: FleetUnderTest;
let trackId: string;
beforeAll(async () => {
  running = await startFleetUnderTest();
  const { client } = running;
  trackId = (await client.post(tone(), { fileName: "tone.wav" })).id;
  await client.ended(trackId);
  await client.ended((await client.post(Buffer.from("no audio at all"))).id);
});
afterAll(() => running?.[Symbol.asyncDispose]());

async function segue(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, DATABASE_URL: running.fleet.env.DATABASE_URL };
  const flags = ["--disable-warning=ExperimentalWarning", main, ...args];
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, flags, { env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

test("a catalog that its own chain has processed: nothing would run", async () => {
  const { code, stdout } = await segue("plan", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ masters: 2, complete: 1, unreachable: 1, steps: [], cpuSec: 0 });
  expect((await segue("plan")).stdout).toContain("Nothing would run.");
});

/** What is handed on is not kept: it is made again for a step that runs. */
const handedOn = [
  { step: "decode", runs: 1, why: { expired: 1 } },
  { step: "downsample", runs: 1, why: { expired: 1 } },
];

test("a raised version, before it is deployed: that step and what it needs, for those that it can run for, with its cost", async () => {
  const { stdout } = await segue("plan", "--json", "--fleet", raisedTempo);
  const plan = JSON.parse(stdout);
  expect(plan).toMatchObject({ masters: 2, complete: 0, unreachable: 1 });
  const [, , { cpuSecEach, cpuSec }] = plan.steps;
  expect(plan.steps).toMatchObject([
    ...handedOn,
    { step: "tempo", version: tempo.version + 1, runs: 1, why: { version: 1 }, gpuSecEach: 0, gpuSec: 0 },
  ]);
  expect(cpuSecEach).toBe(cpuSec);
  expect(cpuSec).toBeGreaterThan(0);
  expect(plan.cpuSec).toBeGreaterThan(cpuSec);
  const text = (await segue("plan", "--fleet", raisedTempo, "--price", "0.01")).stdout;
  expect(text).toContain("2 masters: 0 complete, 1 lack something, 1 have failed for good");
  expect(text).toMatch(/tempo .* 1 version/);
});

test("one track, by force", async () => {
  const { stdout } = await segue("plan", "--json", "--track", trackId, "--force", "key");
  expect(JSON.parse(stdout)).toMatchObject({
    masters: 1,
    steps: [...handedOn, { step: "key", why: { forced: 1 } }],
  });
});

test("what can't be used is said, with what was expected", async () => {
  expect(await segue("plan", "--targets", "temp")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no target "temp"; there are: .*tempo/),
  });
  expect(await segue("plan", "--track", "7")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`expected a track id (UUID version 7), got "7"`),
  });
  expect(await segue("plan", "--database", "postgres://127.0.0.1:1/none")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("ECONNREFUSED"),
  });
});
