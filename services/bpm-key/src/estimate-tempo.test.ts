import {
  clickTrack,
  composeTrack,
  pinkNoise,
  renderScore,
  silence,
  syntheticSpeech,
  whiteNoise,
} from "@segue/synth";
import { describe, expect, test } from "vitest";
import { estimateTempo } from "./estimate-tempo.ts";

const sampleRateHz = 16_000;

/** The largest distance from a beat to the nearest true one. */
function worstErrorSec(beatsSec: readonly number[], truthSec: readonly number[]): number {
  return Math.max(...beatsSec.map((beat) => Math.min(...truthSec.map((truth) => Math.abs(truth - beat)))));
}

describe("a metronome", () => {
  test.each([60, 72, 88, 100, 120, 128, 140, 160, 174, 180])("at %i BPM is heard as such", (bpm) => {
    const durationSec = 20;
    const found = estimateTempo(clickTrack({ bpm, durationSec, sampleRateHz }), sampleRateHz);
    expect(found.bpm).toBeCloseTo(bpm, 0);
    expect(found.confidence).toBeGreaterThan(0.8);
    const truthSec = Array.from({ length: Math.ceil((durationSec * bpm) / 60) }, (_, i) => (i * 60) / bpm);
    expect(worstErrorSec(found.beatsSec, truthSec)).toBeLessThan(0.01);
    expect(found.beatsSec.length).toBeGreaterThanOrEqual(truthSec.length - 2);
    expect(found.alternatives).toContainEqual({
      ...{ bpm: expect.closeTo(bpm / 2, 0), relation: "half" },
      probability: expect.any(Number),
    });
  });

  test("from 3 s on is long enough", () => {
    expect(
      estimateTempo(clickTrack({ bpm: 120, durationSec: 6, sampleRateHz }), sampleRateHz).bpm,
    ).toBeCloseTo(120, 0);
    expect(estimateTempo(clickTrack({ bpm: 120, durationSec: 2, sampleRateHz }), sampleRateHz)).toMatchObject(
      {
        bpm: null,
        reason: "too-short",
      },
    );
  });

  test("at another sample rate is heard alike", () => {
    expect(estimateTempo(clickTrack({ bpm: 100, durationSec: 15 }), 44_100).bpm).toBeCloseTo(100, 0);
  });
});

describe("music with a silence in it", () => {
  const music = clickTrack({ bpm: 120, durationSec: 30, sampleRateHz });
  const withSilence = (silentSec: number, noise: number) => {
    const pause = silentSec * sampleRateHz;
    const samples = new Float32Array(2 * music.length + pause);
    samples.set(music);
    samples.set(
      whiteNoise({ durationSec: silentSec, sampleRateHz, seed: 7, amplitude: noise }),
      music.length,
    );
    samples.set(music, music.length + pause);
    return estimateTempo(samples, sampleRateHz);
  };

  test.each([0, 1e-4])(
    "of a minute, with noise of %d in it: no beats there, all of them around it",
    (noise) => {
      const { bpm, beatsSec, curve } = withSilence(60, noise);
      expect(curve.map((point) => point.bpm !== null)).toEqual(
        [30, 60, 30].flatMap((sec, i) => Array(sec / 15).fill(i !== 1)),
      );
      expect(bpm).toBeCloseTo(120, 0);
      expect(beatsSec.filter((sec) => sec > 30.2 && sec < 89.8)).toEqual([]);
      expect(beatsSec.filter((sec) => sec <= 30.2).length).toBeGreaterThanOrEqual(58);
      expect(beatsSec.filter((sec) => sec >= 89.8).length).toBeGreaterThanOrEqual(58);
    },
  );

  test.each([
    [20, 60, 20],
    [10, 20, 15],
    [25, 10, 25],
  ])("of any length, %i s of music, %i of silence, %i of music: the tempo is the music's", (...lengths) => {
    const [before, pause, after] = lengths.map((sec) => sec * sampleRateHz);
    const score = composeTrack({ seed: 4, bpm: 93, key: "G", mode: "major", style: "pop", durationSec: 40 });
    const { left } = renderScore(score, { sampleRateHz });
    const samples = new Float32Array((before ?? 0) + (pause ?? 0) + (after ?? 0));
    samples.set(left.subarray(0, before));
    samples.set(left.subarray(0, after), (before ?? 0) + (pause ?? 0));
    const { bpm, curve } = estimateTempo(samples, sampleRateHz);
    for (const each of [bpm, ...curve.map((point) => point.bpm)])
      if (each !== null) expect(Math.abs(each / 93 - 1)).toBeLessThan(0.02);
    expect(bpm).not.toBeNull();
  });

  test("of a bar: it is counted through", () => {
    const { beatsSec } = withSilence(2, 0);
    expect(beatsSec.filter((sec) => sec > 30 && sec < 31.9).length).toBeGreaterThanOrEqual(3);
  });
});

describe("a composed track", () => {
  test.each([
    { bpm: 92, style: "hiphop", key: "D", mode: "minor", seed: 3 },
    { bpm: 104, style: "pop", key: "G", mode: "major", seed: 4 },
    { bpm: 126, style: "dance", key: "F", mode: "minor", seed: 5 },
  ] as const)("of $style at $bpm BPM has its tempo, its beats and its halves", (request) => {
    const { left, truth } = renderScore(composeTrack({ ...request, durationSec: 30 }), { sampleRateHz });
    const found = estimateTempo(left, sampleRateHz);
    expect(found.bpm ?? 0).toBeGreaterThan(request.bpm * 0.99);
    expect(found.bpm ?? 0).toBeLessThan(request.bpm * 1.01);
    const near = found.beatsSec.filter((beat) => worstErrorSec([beat], truth.beatsSec) < 0.07);
    expect(near.length / found.beatsSec.length).toBeGreaterThan(0.9);
  });
});

describe("what has no beat has no tempo", () => {
  const length = { durationSec: 20, sampleRateHz };
  test.each([
    ["silence", silence(length), "silence"],
    ["an empty track", new Float32Array(0), "silence"],
    ["a single sample", Float32Array.of(0.5), "too-short"],
    ["white noise", whiteNoise({ ...length, seed: 1 }), "no-stable-beat"],
    ["white noise of 5 s", whiteNoise({ ...length, durationSec: 5, seed: 2 }), "no-stable-beat"],
    ["pink noise", pinkNoise({ ...length, seed: 3 }), "no-stable-beat"],
    ["faint pink noise", pinkNoise({ ...length, seed: 4, amplitude: 0.003 }), "no-stable-beat"],
    ["speech", syntheticSpeech({ ...length, seed: 5 }), "no-stable-beat"],
    ["other speech", syntheticSpeech({ ...length, durationSec: 40, seed: 6 }), "no-stable-beat"],
  ] as const)("%s", (_, samples, reason) => {
    expect(estimateTempo(samples, sampleRateHz)).toEqual({
      bpm: null,
      confidence: 0,
      curve: [],
      beatsSec: [],
      alternatives: [],
      reason,
    });
  });
});

test("a track's result does not depend on the track before it", () => {
  const a = clickTrack({ bpm: 87, durationSec: 12, sampleRateHz });
  const b = clickTrack({ bpm: 133, durationSec: 12, sampleRateHz });
  const first = estimateTempo(a, sampleRateHz);
  expect(estimateTempo(b, sampleRateHz).bpm).toBeCloseTo(133, 0);
  expect(estimateTempo(a, sampleRateHz)).toEqual(first);
});
