// What runs where is changed under tracks that are being made: on one data folder, there and back.
import { setTimeout as delay } from "node:timers/promises";
import type { TrackResource } from "@segue/contracts";
import { composeTrack, encodeWav, renderScore } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expireScratch } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest, timesComputed } from "../support/fleet-under-test.ts";

const usual = { SEGUE_PLACEMENT: "default" };
const economy = { SEGUE_PLACEMENT: "economy" };
/** What they make is handed on, and made again where it is needed and gone. */
const handOn = ["decode", "downsample"];

let running: FleetUnderTest;
/** Made from its beginning to its end in one placement. */
let usualWhole: TrackResource;
let economyWhole: TrackResource;

beforeAll(async () => {
  running = await startFleetUnderTest({ env: usual });
});
afterAll(() => running?.[Symbol.asyncDispose]());

function song(seed: number): Buffer {
  const score = composeTrack({ seed, bpm: 90 + seed, key: "C", mode: "major", durationSec: 12 });
  const { left, right, sampleRateHz } = renderScore(score);
  return encodeWav({ channels: [left, right], sampleRateHz, bitDepth: 16 });
}

const services = () =>
  running.fleet.processes().flatMap(({ role, name }) => (role === "service" ? [name] : []));

/** Posts songs and changes the placement in the middle: some steps have ended, not all. Returns the tracks as they were then. */
async function changeAmong(seeds: readonly number[], env: typeof usual): Promise<TrackResource[]> {
  const ids: string[] = [];
  for (const seed of seeds) ids.push((await running.client.post(song(seed))).id);
  const statuses = async () =>
    (await running.client.api.readProgress(ids)).flatMap(({ steps }) => steps.map(({ status }) => status));
  while ((await statuses()).filter((status) => status === "succeeded").length < 15) await delay(20);
  const before = await Promise.all(ids.map((id) => running.client.track(id)));
  await running.restart(env);
  return before;
}

/** Whoever made what was done by then made it before the change. @param but steps whose artifacts may have been made again. */
async function expectAllDone(before: readonly TrackResource[], but: readonly string[] = []): Promise<void> {
  const isOpen = before.map(({ finishedAt }) => finishedAt === null);
  expect(isOpen).toContain(true);
  for (const { id, steps } of before) {
    const track = await running.client.ended(id);
    expect(track.state).toBe("done");
    for (const done of steps) {
      if (done.status !== "succeeded" || but.includes(done.step)) continue;
      const now = track.steps.find(({ step }) => step === done.step);
      expect(now?.address).toBe(done.address);
      expect(now?.how === "skipped" || now?.attempt?.worker === done.attempt?.worker).toBe(true);
    }
  }
}

/** Replays a track; returns how often each step was computed for it then. */
async function replay({ id, steps }: TrackResource, force: string[]): Promise<Record<string, number>> {
  const before = await running.client.history(id, () => true);
  await running.client.replay(id, { force });
  const isComplete = (step: string, history: typeof before) => {
    const count = (of: typeof before) => of.attempts.filter((attempt) => attempt.step === step).length;
    return count(history) > count(before);
  };
  const after = await running.client.history(id, (history) =>
    steps.every(({ step }) => isComplete(step, history)),
  );
  expect((await running.client.ended(id)).state).toBe("done");
  const counts = steps.map(
    ({ step }) => [step, timesComputed(after, step) - timesComputed(before, step)] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

async function post(seed: number): Promise<TrackResource> {
  return await running.client.ended((await running.client.post(song(seed))).id);
}

/** Whether nothing is computed for the same bytes once more. */
async function isAllFound(seed: number): Promise<boolean> {
  const { state, steps } = await post(seed);
  return state === "done" && steps.every(({ how }) => how === "skipped");
}

test("tracks that are being made when their steps come to live together are made to their end", async () => {
  usualWhole = await post(50);
  const before = await changeAmong([1, 2, 3, 4, 5, 6, 7, 8], economy);
  expect(services()).toContain("analysis");
  expect(services()).not.toContain("decode");
  await expectAllDone(before);
});

test("what was done is found, and only what is needed for it is made again", async () => {
  expect(await isAllFound(50)).toBe(true);
  await expireScratch(running.fleet.env);
  expect(await replay(usualWhole, ["key"])).toEqual({ decode: 1, downsample: 1, key: 1 });
});

test("so are those that are being made when each moves to a service of its own", async () => {
  economyWhole = await post(51);
  const before = await changeAmong([11, 12, 13, 14, 15, 16, 17, 18], usual);
  expect(services()).not.toContain("analysis");
  expect(services()).toContain("decode");
  await expectAllDone(before, handOn);
});

test("there too what was done is found, though none of what was handed on was ever stored", async () => {
  expect(await isAllFound(51)).toBe(true);
  expect(await replay(economyWhole, ["key", "tags"])).toEqual({ decode: 1, downsample: 1, key: 1, tags: 1 });
});
