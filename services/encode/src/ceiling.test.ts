import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createTestDir,
  hasReferenceMeter,
  measureWithFfmpeg,
  type TestDir,
  writePcm,
} from "@segue/audio/testing";
import type { FactsOf, Pcm } from "@segue/contracts";
import { clickTrack, demoTrack, pinkNoise, sine, whiteNoise } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeAac, writeM4a } from "./encode-aac.ts";
import { measureTruePeak } from "./measure-aac.ts";
import { boxesIn, contentOf } from "./mp4-boxes.ts";

let dir: TestDir;
let hasEbur128 = false;
beforeAll(async () => {
  dir = await createTestDir();
  hasEbur128 = await hasReferenceMeter();
});
afterAll(() => dir.dispose());

const sampleRateHz = 44_100;
const durationSec = 3;
const length = durationSec * sampleRateHz;
type Signal = ArrayLike<number>;

const clipped = (signal: Float32Array, gain: number) =>
  signal.map((value) => Math.max(-0.9999, Math.min(0.9999, gain * value)));
const square = (hz: number, amplitude = 0.9999) =>
  Float32Array.from(
    { length },
    (_, i) => (Math.sin((2 * Math.PI * hz * i) / sampleRateHz) >= 0 ? 1 : -1) * amplitude,
  );
/** A quarter of the sampling rate between its extremes: every sample at full scale, and 3 dB more between them. */
const betweenSamples = Float32Array.from(
  { length },
  (_, i) => Math.SQRT2 * 0.9999 * Math.sin((Math.PI / 2) * (i + 0.5)),
);
const pink = (seed: number) => pinkNoise({ durationSec, seed, amplitude: 0.5, sampleRateHz });

const loud: Record<string, () => readonly Signal[]> = {
  "a square wave": () => [square(441)],
  "one that no period fits": () => [square(997), square(1_201)],
  "a high one": () => [square(5_512)],
  "clipped pink noise": () => [clipped(pink(1), 6), clipped(pink(2), 6)],
  "white noise at full scale": () => [
    whiteNoise({ durationSec, seed: 3 }),
    whiteNoise({ durationSec, seed: 4 }),
  ],
  "what lies between samples": () => [betweenSamples],
  "a slammed mix": () => {
    const { left, right } = demoTrack();
    return [left, right].map((channel) =>
      clipped(channel.subarray(40 * sampleRateHz, 40 * sampleRateHz + length), 8),
    );
  },
  "clicks at full scale": () => [clipped(clickTrack({ bpm: 400, durationSec }), 4)],
  "a square wave that was made for streaming": () => [square(441, 0.8)],
};

const quiet: Record<string, () => readonly Signal[]> = {
  silence: () => [new Float32Array(length)],
  "music with room": () => {
    const { left, right } = demoTrack();
    return [left, right].map((channel) => channel.subarray(0, length).map((value) => 0.7 * value));
  },
  "a sine just under -1 dBTP": () => [sine({ frequencyHz: 1_000, durationSec, amplitude: 0.88 })],
  "pink noise": () => [pink(5).map((value) => 0.3 * value)],
};

async function encode(name: string, channels: readonly Signal[]) {
  const pcm = await writePcm(dir.path("in.wav"), channels);
  const from = { pcmPath: pcm.path, tags: {}, masterPath: null, scratchDir: dir.path("") };
  const outPath = join(dir.path(""), `${name.replaceAll(/\W+/g, "-")}.m4a`);
  return { pcm, from, path: outPath, facts: await encodeAac({ ...from, outPath }, pcm.facts) };
}

describe("no encode adds overs", () => {
  test.each(Object.keys(loud))("%s", async (name) => {
    const { pcm, path, facts } = await encode(name, loud[name]?.() ?? []);
    const own = pcm.facts.truePeakDbtp ?? 0;
    expect(facts.masterTruePeakDbtp).toBe(own);
    expect(facts.ceilingDbtp).toBeCloseTo(Math.min(0, Math.max(-1, own) + 0.2), 2);
    const found = 20 * Math.log10(await measureTruePeak(path, facts.channels, {}));
    expect(found).toBeLessThanOrEqual((facts.ceilingDbtp ?? Number.NaN) + 1e-5);
    expect(facts.truePeakDbtp).toBeCloseTo(found, 2);
    // No lower than it has to be: a step more would be under the ceiling, too.
    if (facts.gainDb) expect(found + 1.51).toBeGreaterThan(facts.ceilingDbtp ?? Number.NaN);
    if (!hasEbur128) return;
    const other = await measureWithFfmpeg(path, dir.path("metadata.txt"));
    expect(Math.abs(other.truePeakDbtp - found)).toBeLessThanOrEqual(0.3);
  });

  test("where it would, it is lowered as a whole: the signal is the same at another level", async () => {
    const { pcm, from, path, facts } = await encode("lowered", loud["clipped pink noise"]?.() ?? []);
    expect(facts.gainDb).toBeLessThan(-1.5);
    const plain = dir.path("plain.m4a");
    await writeM4a({ ...from, outPath: plain });
    const before = await measureTruePeak(plain, pcm.facts.channels, {});
    const after = await measureTruePeak(path, pcm.facts.channels, {});
    expect(20 * Math.log10(after / before)).toBeCloseTo(facts.gainDb ?? 0, 4);
    expect((await readFile(path)).length).toBe((await readFile(plain)).length);
    if (!hasEbur128) return;
    const loudness = async (file: string) =>
      (await measureWithFfmpeg(file, dir.path("metadata.txt"))).integratedLufs;
    expect((await loudness(path)) - (await loudness(plain))).toBeCloseTo(facts.gainDb ?? 0, 1);
  });
});

describe("what has room is left as it was coded, to the byte", () => {
  test.each(Object.keys(quiet))("%s", async (name) => {
    const { pcm, from, path, facts } = await encode(name, quiet[name]?.() ?? []);
    expect(facts).toMatchObject({ gainDb: 0, ceilingDbtp: ceilingOf(pcm.facts) });
    const plain = dir.path("plain.m4a");
    await writeM4a({ ...from, outPath: plain });
    expect(await audioOf(path)).toEqual(await audioOf(plain));
  });
});

const ceilingOf = ({ truePeakDbtp }: FactsOf<typeof Pcm>) =>
  Math.round(100 * (Math.max(-1, truePeakDbtp ?? -1) + 0.2)) / 100;

async function audioOf(path: string): Promise<Buffer | undefined> {
  const bytes = await readFile(path);
  for (const { kind, start, end } of boxesIn(bytes, contentOf(bytes, "m4a")))
    if (kind === "mdat") return bytes.subarray(start, end);
  return undefined;
}
