import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createTestDir,
  hasReferenceMeter,
  makeFile,
  measureWithFfmpeg,
  type TestDir,
} from "@segue/audio/testing";
import type { Aac, FactsOf } from "@segue/contracts";
import { encodeWav } from "@segue/dsp";
import { composeTrack, renderScore, type Score } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyse } from "./analyse.ts";

const sampleRateHz = 44_100;
let dir: TestDir;
let hasEbur128 = false;
beforeAll(async () => {
  dir = await createTestDir();
  hasEbur128 = await hasReferenceMeter();
});
afterAll(() => dir.dispose());

type Channel = Float32Array;

const score = composeTrack({ seed: 11, bpm: 124, key: "A", mode: "minor", durationSec: 24, style: "dance" });
const isDrum = ({ instrument }: Score["parts"][number]) => instrument === "drums";

/** One channel of some of the parts. */
function render(wanted: (part: Score["parts"][number]) => boolean): Channel {
  return renderScore({ ...score, parts: score.parts.filter(wanted) }, { reverbDb: -Infinity }).left;
}

const beat = render(isDrum);
const chords = render((part) => !isDrum(part));
const song = chords.map((value, i) => 0.45 * value + 0.45 * (beat[i] ?? 0));

async function write(name: string, channels: readonly Channel[]): Promise<string> {
  const length = channels[0]?.length ?? 0;
  const samples = new Int16Array(length * channels.length);
  for (let i = 0; i < samples.length; i++) {
    const value = channels[i % channels.length]?.[Math.floor(i / channels.length)] ?? 0;
    samples[i] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
  }
  const path = dir.path(name);
  await writeFile(path, encodeWav(samples, { sampleRateHz, channels: channels.length }));
  return path;
}

/** What it was lowered by before it was encoded; past its ceiling it would have been lowered by whole steps more, as few as it takes. */
function expectGain(
  { gainDb = 0, truePeakDbtp, ceilingDbtp }: FactsOf<typeof Aac>,
  encodedAtDb: number,
): void {
  const steps = (encodedAtDb - gainDb) / (20 * Math.log10(2 ** 0.25));
  expect(steps).toBeCloseTo(Math.round(steps), 4);
  expect(truePeakDbtp).toBeLessThanOrEqual(ceilingDbtp ?? Number.NaN);
  if (steps > 0.5) expect((truePeakDbtp ?? 0) + 1.51).toBeGreaterThan(ceilingDbtp ?? Number.NaN);
}

const codesOf = ({ pcm }: Awaited<ReturnType<typeof analyse>>) => pcm.warnings.map(({ code }) => code);
const scratch = async (name: string) => {
  const path = join(dir.path("work"), name);
  await mkdir(path, { recursive: true });
  return path;
};

describe("channels that cancel are analysed as what they are", () => {
  const noise = (seed: number) => {
    let state = seed;
    return Float32Array.from(song, () => {
      state = (state * 48_271) % 0x7fffffff;
      return 0.004 * (state / 0x7fffffff - 0.5);
    });
  };
  const sum = (a: Channel, b: Channel, gain = 1) => a.map((value, i) => value + gain * (b[i] ?? 0));
  const scaled = (a: Channel, gain: number) => a.map((value) => gain * value);
  const cases: [what: string, left: Channel, right: Channel, cancels: boolean][] = [
    ["the same in both", song, song, false],
    ["one channel silent", song, scaled(song, 0), false],
    ["all of it inverted", song, scaled(song, -1), true],
    ["the chords alone inverted", song, sum(scaled(beat, 0.45), chords, -0.45), true],
    ["the second half inverted", song, song.map((v, i) => (i < song.length / 2 ? v : -v)), true],
    ["inverted, with noise of their own", sum(song, noise(1)), sum(scaled(song, -1), noise(2)), true],
  ];
  test.each(cases)("%s", async (what, left, right, cancels) => {
    const name = what.replaceAll(/\W+/g, "-");
    const found = await analyse(await write(`${name}.wav`, [left, right]), await scratch(name));
    expect(codesOf(found)).toEqual(cancels ? ["channels-out-of-phase"] : []);
    expect(found.mono16k).toMatchObject({ silent: false, mix: cancels ? "quadrature" : "mean" });
    expect(found.tempo.bpm).toBeCloseTo(124, 0);
    expect([found.key.key, found.key.mode]).toEqual(["A", "minor"]);
    expect(found.loudness.integratedLufs ?? -99).toBeGreaterThan(-30);
  });
});

describe("5.1 with music in front", () => {
  test("is as loud as its stereo twin, and so is its AAC", async () => {
    const silent = new Float32Array(song.length);
    const right = song.map((value, i) => 0.9 * (song[i - 300] ?? value));
    const twinPath = await write("twin.wav", [song, right]);
    const twin = await analyse(twinPath, await scratch("twin"));
    const frontPath = await makeFile(dir.path("front.wav"), [
      "-i",
      await write("six.wav", [song, right, silent, silent, silent, silent]),
      "-af",
      "aformat=channel_layouts=5.1",
      "-c:a",
      "pcm_s16le",
    ]);
    const front = await analyse(frontPath, await scratch("front"));
    expect(front.loudness).toEqual({ ...twin.loudness, measuredChannels: front.loudness.measuredChannels });
    expect(front.loudness.measuredChannels?.map(({ name }) => name)).toEqual([
      ..."FL FR FC LFE BL BR".split(" "),
    ]);
    expect([front.aac.gainDb, front.pcm.downmixDb]).toEqual([0, 0]);
    expect([front.tempo.bpm, front.key.key]).toEqual([twin.tempo.bpm, twin.key.key]);
    if (!hasEbur128) return;
    const [ofFront, ofTwin] = [
      await measureWithFfmpeg(front.aacPath, dir.path("front.txt")),
      await measureWithFfmpeg(twin.aacPath, dir.path("twin.txt")),
    ];
    expect(Math.abs(ofFront.integratedLufs - ofTwin.integratedLufs)).toBeLessThanOrEqual(0.2);
    const master = await measureWithFfmpeg(frontPath, dir.path("master.txt"));
    expect(Math.abs((front.loudness.integratedLufs ?? 0) - master.integratedLufs)).toBeLessThanOrEqual(0.1);
  });

  test("with music all around: loudness and peak are what ffmpeg measures of six channels", async () => {
    if (!hasEbur128) return;
    const shifted = (by: number, gain: number) => song.map((_, i) => gain * (song[i - by] ?? 0));
    const six = [0, 5, 2, 900, 1_500, 2_100].map((by, i) =>
      shifted(by, [1.6, 1.5, 1.7, 1.7, 1.5, 1.6][i] ?? 1),
    );
    const path = await makeFile(dir.path("around.flac"), [
      "-i",
      await write("around.wav", six),
      "-af",
      "aformat=channel_layouts=5.1",
    ]);
    const found = await analyse(path, await scratch("around"));
    const other = await measureWithFfmpeg(path, dir.path("around.txt"));
    expect(Math.abs((found.loudness.integratedLufs ?? 0) - other.integratedLufs)).toBeLessThanOrEqual(0.1);
    expect(Math.abs((found.loudness.rangeLu ?? 0) - other.rangeLu)).toBeLessThanOrEqual(0.3);
    expect(Math.abs((found.loudness.truePeakDbtp ?? 0) - other.truePeakDbtp)).toBeLessThanOrEqual(0.3);
    // Centre and surround add to the front: the mix is lowered by as much as it needs, and no more.
    expect(found.pcm.downmixDb ?? 0).toBeLessThan(0);
    expectGain(found.aac, 20 * Math.log10(0.95) + (found.pcm.downmixDb ?? 0));
    expect(found.pcm.peakDb).toBeCloseTo(0, 3);
  });
});

describe("a master that decodes past full scale", () => {
  test.each([
    ["hot.mp3", ["-c:a", "libmp3lame", "-b:a", "128k"]],
    ["hot.wav", ["-af", "volume=2.4:precision=float", "-c:a", "pcm_f32le"]],
  ])("%s: its true peak is told, and the AAC tells its own", async (name, args) => {
    const slammed = song.map((value) => Math.max(-0.999, Math.min(0.999, 6 * value)));
    const path = await makeFile(dir.path(name), [
      "-i",
      await write("slammed.wav", [slammed, slammed]),
      ...args,
    ]);
    const found = await analyse(path, await scratch(name));
    expect(found.loudness.truePeakDbtp ?? 0).toBeGreaterThan(1);
    expectGain(found.aac, 20 * Math.log10(0.95) - (found.pcm.peakDb ?? 0));
    if (!hasEbur128) return;
    const master = await measureWithFfmpeg(path, dir.path("hot.txt"));
    expect(Math.abs((found.loudness.truePeakDbtp ?? 0) - master.truePeakDbtp)).toBeLessThanOrEqual(0.3);
    expect(Math.abs((found.loudness.integratedLufs ?? 0) - master.integratedLufs)).toBeLessThanOrEqual(0.1);
    const aac = await measureWithFfmpeg(found.aacPath, dir.path("hot-aac.txt"));
    expect(Math.abs((found.aac.truePeakDbtp ?? 0) - aac.truePeakDbtp)).toBeLessThanOrEqual(0.3);
    // Lowered as a whole: nowhere pumped by the encoder.
    const lowered = master.integratedLufs + (found.aac.gainDb ?? 0);
    expect(Math.abs(aac.integratedLufs - lowered)).toBeLessThanOrEqual(0.3);
  });
});

/** `../shared/field-cases/make_cases.py OUT` makes them; `SEGUE_FIELD_CASES` says where. */
const fieldCases = process.env.SEGUE_FIELD_CASES ?? "";
describe.skipIf(!existsSync(join(fieldCases, "phase-inverted.wav")))("inputs after public reports", () => {
  test("stereo whose channels cancel", async () => {
    const found = await analyse(join(fieldCases, "phase-inverted.wav"), await scratch("inverted"));
    expect(codesOf(found)).toEqual(["channels-out-of-phase"]);
    expect(found.tempo.bpm).toBeCloseTo(124, 0);
    expect([found.key.key, found.key.mode]).toEqual(["A", "minor"]);
  });

  test("5.1 with music in front left and right only", async () => {
    const base = await analyse(join(fieldCases, "base.wav"), await scratch("base"));
    const front = await analyse(join(fieldCases, "front-5.1.wav"), await scratch("front-case"));
    const [lufs, expected] = [front.loudness.integratedLufs ?? 0, base.loudness.integratedLufs ?? 1];
    expect(Math.abs(lufs - expected)).toBeLessThanOrEqual(0.1);
  });

  test("a hot MP3", async () => {
    const { loudness } = await analyse(join(fieldCases, "hot.mp3"), await scratch("hot-case"));
    expect(loudness.truePeakDbtp ?? 0).toBeGreaterThanOrEqual(3.5);
  });
});
if (!existsSync(join(fieldCases, "phase-inverted.wav"))) {
  console.warn("SKIPPED: inputs after public reports; SEGUE_FIELD_CASES names no folder of them");
}
