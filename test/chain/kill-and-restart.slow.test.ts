import { setTimeout as delay } from "node:timers/promises";
import { composeTrack, encodeWav, renderScore } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";

let running: FleetUnderTest;
beforeAll(async () => {
  running = await startFleetUnderTest();
});
afterAll(() => running?.[Symbol.asyncDispose]());

function song(seed: number): Buffer {
  const score = composeTrack({ seed, bpm: 90 + 5 * seed, key: "C", mode: "major", durationSec: 12 });
  const { left, right, sampleRateHz } = renderScore(score);
  return encodeWav({ channels: [left, right], sampleRateHz, bitDepth: 16 });
}

test("every process killed in the middle of ten tracks: all ten complete, and what was done is not done again", async () => {
  const receipts = [];
  for (let seed = 0; seed < 10; seed++) receipts.push(await running.client.post(song(seed)));
  const ids = receipts.map((receipt) => receipt.id);

  // In the middle: some steps have ended, not all.
  const endedSteps = async () => {
    const tracks = await running.client.api.readProgress(ids);
    return tracks.flatMap((track) => track.steps).filter((step) => step.status === "succeeded").length;
  };
  while ((await endedSteps()) < 15) await delay(50);
  const before = await Promise.all(ids.map((id) => running.client.track(id)));
  await running.killAndRestart();

  const after = await Promise.all(ids.map((id) => running.client.ended(id)));
  expect(after.map((track) => track.state)).toEqual(ids.map(() => "done"));
  for (const [index, track] of after.entries()) {
    // Exactly one set of results: a fixed set of steps, each at one address.
    expect(new Set(track.steps.map((step) => step.step)).size).toBe(track.steps.length);
    for (const done of before[index]?.steps.filter((step) => step.status === "succeeded") ?? []) {
      const now = track.steps.find((step) => step.step === done.step);
      expect(now?.address).toBe(done.address);
      // Whoever computed it did so before the kill; a redelivery afterwards only found it.
      expect(now?.attempt?.worker === done.attempt?.worker || now?.how === "skipped").toBe(true);
    }
  }
});
