import { writeFile } from "node:fs/promises";
import { amplitudeAt, createTestDir, readChannel, type TestDir } from "@segue/audio/testing";
import { Mono16k } from "@segue/contracts";
import { encodeWav, readWavInfo } from "@segue/dsp";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { downsample } from "./downsample.step.ts";
import { downsamplePcm, type MonoSource } from "./downsample-pcm.ts";
import { pcmFacts } from "./pcm-facts.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const out = () => dir.path("out.wav");

async function downsampled(samples: ArrayLike<number>, channels = 1, source: Partial<MonoSource> = {}) {
  const wav = encodeWav(Int16Array.from(samples), { sampleRateHz: 44_100, channels });
  await writeFile(dir.path("in.wav"), wav);
  return Mono16k.facts.parse(await downsamplePcm(dir.path("in.wav"), out(), { channels, ...source }, {}));
}

const tone = (amplitude: number, length = 44_100) =>
  Array.from({ length }, (_, i) => amplitude * 32768 * Math.sin((2 * Math.PI * 1000 * i) / 44_100));

test("a tone keeps its length and level, and the levels are told", async () => {
  const facts = await downsampled(tone(0.5));
  expect(facts).toMatchObject({ sampleRateHz: 16_000, durationSec: 1, sampleCount: 16_000, silent: false });
  expect(facts.peakDb).toBeCloseTo(-6.02, 1);
  expect(facts.rmsDb).toBeCloseTo(-9.03, 1);
  expect(await readWavInfo(out())).toMatchObject({ sampleRateHz: 16_000, channels: 1, sampleCount: 16_000 });
  expect(amplitudeAt(await readChannel(out(), 0, 1), 1000, 16_000) / 32768).toBeCloseTo(0.5, 2);
});

const interleaved = (left: readonly number[], gain: number) =>
  left.flatMap((sample) => [sample, gain * sample]);

test("stereo becomes the mean of its channels", async () => {
  const facts = await downsampled(interleaved(tone(0.5), 0), 2);
  expect(facts.peakDb).toBeCloseTo(-12.04, 1);
  expect(facts.mix).toBe("mean");
});

describe("where decoding has found that a mean would lose sound", () => {
  test.each([
    ["opposite", -1],
    ["alike", 1],
  ])("what is %s in the channels is kept, as loud as both", async (_, gain) => {
    const facts = await downsampled(interleaved(tone(0.5), gain), 2, { channelsCancel: true });
    expect(facts).toMatchObject({ sampleCount: 16_000, silent: false, mix: "quadrature" });
    const level = amplitudeAt(await readChannel(out(), 0, 1), 1000, 16_000) / 32768;
    expect(level).toBeCloseTo(0.5 * Math.SQRT1_2, 2);
  });

  test.each([0, 1])(
    "what is in channel %i alone is kept as by the mean, at any frequency",
    async (channel) => {
      for (const hz of [120, 400, 1_500, 6_000]) {
        const samples = Array.from({ length: 2 * 44_100 }, (_, i) =>
          i % 2 === channel ? 16_384 * Math.sin((2 * Math.PI * hz * Math.floor(i / 2)) / 44_100) : 0,
        );
        await downsampled(samples, 2, { channelsCancel: true });
        const kept = amplitudeAt(await readChannel(out(), 0, 1), hz, 16_000) / 32768;
        expect(Math.abs(20 * Math.log10(kept / 0.25))).toBeLessThan(0.3);
      }
    },
  );
});

test("samples that were stored quieter come out at their own level, and saturate past full scale", async () => {
  const facts = await downsampled(tone(0.25), 1, { gainDb: 20 * Math.log10(2) });
  expect(facts.peakDb).toBeCloseTo(-6.02, 1);
  expect((await downsampled(tone(0.8), 1, { gainDb: 20 * Math.log10(2) })).peakDb).toBe(0);
});

test("digital silence has no level at all; what is below -60 dB is silent too", async () => {
  expect(await downsampled(new Int16Array(44_100))).toMatchObject({
    peakDb: null,
    rmsDb: null,
    silent: true,
  });
  expect((await downsampled(tone(0.0005))).silent).toBe(true);
  expect((await downsampled(tone(0.01))).silent).toBe(false);
});

test("a single sample is no failure", async () => {
  expect((await downsampled([1000])).sampleCount).toBeLessThanOrEqual(1);
});

test("the step writes what its facts say", async () => {
  await writeFile(
    dir.path("step.wav"),
    encodeWav(Int16Array.from(tone(0.5)), { sampleRateHz: 44_100, channels: 1 }),
  );
  const pcm = { facts: pcmFacts, path: dir.path("step.wav") };
  const { facts, outputPath } = await runStep(downsample, { pcm }, { outputDir: dir.path("") });
  expect((await readWavInfo(outputPath)).sampleCount).toBe(facts.sampleCount);
});
