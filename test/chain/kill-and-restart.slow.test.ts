import { setTimeout as delay } from "node:timers/promises";
import { composeTrack, encodeWav, renderScore } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";

function song(seed: number): Buffer {
  const score = composeTrack({ seed, bpm: 90 + 5 * seed, key: "C", mode: "major", durationSec: 12 });
  const { left, right, sampleRateHz } = renderScore(score);
  return encodeWav({ channels: [left, right], sampleRateHz, bitDepth: 16 });
}

const placements = [
  { placement: "default", remade: [] as string[] },
  // What is only handed on is gone with whoever handed it on, and is made again for what was left to do.
  { placement: "economy", remade: ["decode", "downsample"] },
];

describe.each(placements)("in $placement", ({ placement, remade }) => {
  let running: FleetUnderTest;
  beforeAll(async () => {
    running = await startFleetUnderTest({ env: { SEGUE_PLACEMENT: placement } });
  });
  afterAll(() => running?.[Symbol.asyncDispose]());

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
      const stepsBefore = before[index]?.steps.filter(({ status }) => status === "succeeded") ?? [];
      for (const done of stepsBefore) {
        const now = track.steps.find((step) => step.step === done.step);
        expect(now?.address).toBe(done.address);
        if (remade.includes(done.step)) continue;
        // Whoever computed it did so before the kill; a redelivery afterwards only found it.
        expect(now?.attempt?.worker === done.attempt?.worker || now?.how === "skipped").toBe(true);
      }
    }
  });
});
