import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { composeTrack } from "./compose-track.ts";
import { demoTrack } from "./demo-track.ts";
import { renderScore } from "./render-score.ts";
import { instrumentNames } from "./score.ts";

const request = { seed: 7, bpm: 120, key: "Eb", mode: "minor", durationSec: 12 } as const;
const digest = (samples: Float32Array): string => createHash("sha256").update(samples).digest("hex");

describe("renderScore", () => {
  it("gives the same samples for the same seed and others for another", () => {
    const once = renderScore(composeTrack(request), { sampleRateHz: 16_000 });
    const again = renderScore(composeTrack(request), { sampleRateHz: 16_000 });
    const other = renderScore(composeTrack({ ...request, seed: 8 }), { sampleRateHz: 16_000 });
    expect(digest(again.left)).toBe(digest(once.left));
    expect(digest(other.left)).not.toBe(digest(once.left));
  });

  it("is exactly as long as asked, finite and within full scale", () => {
    const { left, right } = renderScore(composeTrack({ ...request, durationSec: 7.5 }));
    expect(left.length).toBe(7.5 * 44_100);
    expect(right.length).toBe(left.length);
    const peak = left.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(peak).toBeGreaterThan(0.5);
    expect(peak).toBeLessThanOrEqual(10 ** (-1 / 20) + 1e-6);
    expect(left.every(Number.isFinite)).toBe(true);
  });

  it.each(instrumentNames)("plays %s alone, audibly", (name) => {
    const { left } = renderScore(composeTrack({ ...request, durationSec: 4, instruments: [name] }), {
      sampleRateHz: 16_000,
    });
    const meanSquare = left.reduce((sum, value) => sum + value * value, 0) / left.length;
    expect(10 * Math.log10(meanSquare)).toBeGreaterThan(-40);
    expect(left.every(Number.isFinite)).toBe(true);
  });

  it("states the beats of the tempo asked for", () => {
    const { truth } = renderScore(composeTrack(request), { sampleRateHz: 8000 });
    expect(truth).toMatchObject({ bpm: 120, key: "Eb", mode: "minor" });
    expect(truth.beatsSec.slice(0, 3)).toEqual([0, 0.5, 1]);
    expect(truth.beatsSec.length % 4).toBe(0);
  });
});

describe("demoTrack", () => {
  it("is at least 30 s of stereo with several instruments", () => {
    const demo = demoTrack();
    expect(demo.left.length / demo.sampleRateHz).toBeGreaterThanOrEqual(30);
    expect(digest(demo.left)).not.toBe(digest(demo.right));
    expect(demo.wav.length).toBe(44 + demo.left.length * 4);
  });
});
