import { truncate } from "node:fs/promises";
import { createTestDir, measureWithFfmpeg, type TestDir, writePcm } from "@segue/audio/testing";
import { runStep } from "@segue/step/testing";
import { composeTrack, pinkNoise, renderScore } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loudness } from "./loudness.step.ts";

const sampleRateHz = 44_100;
let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

interface Tone {
  readonly peakDb: number;
  readonly sec: number;
}

/** Sines of 1 kHz, one after the other. */
function tones(parts: readonly Tone[], frequencyHz = 1_000): Float32Array {
  const values = parts.flatMap(({ peakDb, sec }) =>
    Array.from({ length: Math.round(sec * sampleRateHz) }, () => 10 ** (peakDb / 20)),
  );
  return Float32Array.from(values, (v, i) => v * Math.sin((2 * Math.PI * frequencyHz * i) / sampleRateHz));
}

async function measured(...channels: readonly ArrayLike<number>[]) {
  const pcm = await writePcm(dir.path("in.wav"), channels);
  return (await runStep(loudness, { pcm }, { outputDir: dir.path("") })).facts;
}

const tone = (peakDb: number, sec: number): Tone => ({ peakDb, sec });

test("997 Hz at full scale in one channel: -3.01 LUFS, mono or beside silence", async () => {
  const sine = tones([tone(0, 5)], 997);
  for (const channels of [[sine], [sine, new Float32Array(sine.length)]]) {
    const { integratedLufs, maxMomentaryLufs, maxShortTermLufs } = await measured(...channels);
    for (const lufs of [integratedLufs, maxMomentaryLufs, maxShortTermLufs])
      expect(Math.abs((lufs ?? 0) + 3.01)).toBeLessThanOrEqual(0.02);
  }
});

test.each<[what: string, parts: Tone[], lufs: number]>([
  ["1: -23 dBFS", [tone(-23, 20)], -23],
  ["2: -33 dBFS", [tone(-33, 20)], -33],
  ["3: quieter ends are gated away", [tone(-36, 10), tone(-23, 60), tone(-36, 10)], -23],
  ["4: and near silence", [-72, -36, -23, -36, -72].map((db) => tone(db, db === -23 ? 60 : 10)), -23],
  ["5: what is near enough counts", [tone(-26, 20), tone(-20, 20.1), tone(-26, 20)], -23],
])("EBU Tech 3341, case %s", async (_, parts, lufs) => {
  const sine = tones(parts);
  expect(Math.abs(((await measured(sine, sine)).integratedLufs ?? 0) - lufs)).toBeLessThanOrEqual(0.1);
});

test.each<[levelsDb: number[], lu: number]>([
  [[-20, -30], 10],
  [[-20, -15], 5],
  [[-40, -20], 20],
  [[-50, -35, -20, -35, -50], 15],
])("EBU Tech 3342: 20 s at each of %j dBFS have a range of %i LU", async (levelsDb, lu) => {
  const sine = tones(levelsDb.map((db) => tone(db, 20)));
  expect(Math.abs(((await measured(sine, sine)).rangeLu ?? 0) - lu)).toBeLessThanOrEqual(1);
});

test.each<[what: string, amplitude: number, degrees: number, dbtp: number]>([
  ["15: on its peaks", 0.5, 0, -6],
  ["16: between them", 0.5, 45, -6],
  ["17", 0.5, 60, -6],
  ["18", 0.5, 67.5, -6],
  ["19: past full scale", 1.41, 45, 3],
])("EBU Tech 3341, case %s: the true peak of a quarter of the rate", async (_, amplitude, degrees, dbtp) => {
  const phase = (2 * Math.PI * degrees) / 360;
  // Faded in, or its abrupt beginning would be a peak of its own.
  const sine = Float32Array.from(
    { length: sampleRateHz },
    (_, i) => amplitude * Math.min(1, i / 4_000) * Math.sin((Math.PI / 2) * i + phase),
  );
  const silence = new Float32Array(sine.length);
  for (const channels of [[sine], [sine, silence], [silence, sine]]) {
    const error = ((await measured(...channels)).truePeakDbtp ?? 0) - dbtp;
    expect(error).toBeGreaterThan(-0.4);
    expect(error).toBeLessThan(0.2);
  }
});

test("the true peak is at least the largest sample, wherever that is", async () => {
  for (const at of [0, 1, 4_410, 8_819, 9_999]) {
    const click = new Float32Array(10_000);
    click[at] = -0.5;
    expect((await measured(click)).truePeakDbtp).toBe(-6.02);
  }
});

test("a constant offset is not heard", async () => {
  const sine = tones([tone(-23, 20)]);
  const shifted = sine.map((value) => value + 0.25);
  const plain = (await measured(sine, sine)).integratedLufs ?? 0;
  expect((await measured(shifted, shifted)).integratedLufs).toBeCloseTo(plain, 1);
});

test.each<[what: string, samples: ArrayLike<number>, facts: object]>([
  [
    "silence",
    new Float32Array(5 * sampleRateHz),
    { truePeakDbtp: null, maxMomentaryLufs: null, reason: "silence" },
  ],
  ["a single sample", [0.5], { truePeakDbtp: -6.02, maxMomentaryLufs: null, reason: "shorter than 0.4 s" }],
  ["0.3 s", tones([tone(-20, 0.3)]), { maxMomentaryLufs: null, reason: "shorter than 0.4 s" }],
  ["what is hardly there", tones([tone(-75, 5)]), { reason: "never louder than -70 LUFS" }],
])("%s has no loudness, and says why", async (_, samples, facts) => {
  for (const channels of [[samples], [samples, samples]])
    expect(await measured(...channels)).toMatchObject({ integratedLufs: null, rangeLu: null, ...facts });
});

test("between 0.4 and 3 s there is a loudness and no range", async () => {
  for (const sec of [0.4, 1, 2.9]) {
    const facts = await measured(tones([tone(-20, sec)]));
    expect(facts.integratedLufs).toBeCloseTo(-23, 0);
    expect(facts).toMatchObject({
      rangeLu: null,
      maxShortTermLufs: null,
      reason: "shorter than 3 s: no range",
    });
  }
  const facts = await measured(tones([tone(-20, 3)]));
  expect(facts.rangeLu).toBe(0);
  expect(facts.reason).toBeUndefined();
});

/** Music with a loud middle. */
function music(durationSec: number) {
  const { left, right } = renderScore(
    composeTrack({ seed: 11, bpm: 118, key: "E", mode: "minor", durationSec, style: "pop" }),
  );
  const gain = (i: number) => (i > left.length / 3 && i < left.length / 2 ? 1 : 0.4);
  return { left: left.map((value, i) => value * gain(i)), right: right.map((value, i) => value * gain(i)) };
}

describe("ffmpeg's ebur128 says the same", () => {
  test.each<[what: string, channels: () => Float32Array[]]>([
    ["stereo music", () => Object.values(music(40))],
    ["mono music", () => [music(30).left]],
    ["noise", () => [1, 2].map((seed) => pinkNoise({ durationSec: 10, seed, amplitude: 0.7 }))],
  ])("of %s", async (_, channels) => {
    const facts = await measured(...channels());
    const other = await measureWithFfmpeg(dir.path("in.wav"), dir.path("metadata.txt"));
    expect(Math.abs((facts.integratedLufs ?? 0) - other.integratedLufs)).toBeLessThanOrEqual(0.1);
    // The filter counts the first 3 s from their beginning on, as if silence had gone before.
    expect(Math.abs((facts.rangeLu ?? 0) - other.rangeLu)).toBeLessThanOrEqual(0.3);
    expect(Math.abs((facts.truePeakDbtp ?? 0) - other.truePeakDbtp)).toBeLessThanOrEqual(0.2);
  });
});

test("what was measured is said, channel by channel", async () => {
  const sine = tones([tone(-20, 1)]);
  const pcm = await writePcm(dir.path("in.wav"), [sine, sine]);
  const channelsOf = async (facts: Partial<typeof pcm.facts>) =>
    (await runStep(loudness, { pcm: { ...pcm, facts: { ...pcm.facts, ...facts } } })).facts.measuredChannels;
  expect(await channelsOf({})).toEqual([
    { name: "FL", weight: 1 },
    { name: "FR", weight: 1 },
  ]);
  expect(await channelsOf({ sourceChannels: 6, channelLayout: "5.1" })).toEqual([
    { name: "FL", weight: 1 },
    { name: "FR", weight: 1 },
    { name: "FC", weight: 1 },
    { name: "LFE", weight: 0 },
    { name: "BL", weight: 1.41 },
    { name: "BR", weight: 1.41 },
  ]);
});

test("samples without their energies are no canonical PCM", async () => {
  const pcm = await writePcm(dir.path("in.wav"), [tones([tone(-20, 1)])]);
  await truncate(pcm.path, 44 + 2 * sampleRateHz);
  await expect(runStep(loudness, { pcm })).rejects.toThrow(/energies/);
});
