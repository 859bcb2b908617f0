import { readFile, stat } from "node:fs/promises";
import { createTestDir, type TestDir, writePcm } from "@segue/audio/testing";
import { WaveformDocument, WaveformZoom } from "@segue/contracts";
import { runStep } from "@segue/step/testing";
import { composeTrack, renderScore } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runWaveform } from "./run-waveform.ts";
import { waveform } from "./waveform.step.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

/** Samples in the unit of 16 bits. */
async function drawn(...channels: readonly ArrayLike<number>[]) {
  const scaled = channels.map((values) => Float64Array.from(values, (value) => value / 32_768));
  const pcm = await writePcm(dir.path("in.wav"), scaled);
  const { facts, outputPath } = await runStep(waveform, { pcm }, { outputDir: dir.path("") });
  const json: unknown = JSON.parse(await readFile(outputPath, "utf8"));
  return { facts, json, document: WaveformDocument.parse(json) };
}

test("a ramp has exact values at every zoom", async () => {
  // One step of 8 bits for each of the finest pixels, up through all of them and a half more.
  const ramp = Int16Array.from({ length: 100 * 512 + 256 }, (_, i) => 256 * Math.floor(i / 512) - 12_800);
  const { document, facts } = await drawn(ramp);
  expect(document).toMatchObject({
    version: 2,
    channels: 1,
    sample_rate: 44_100,
    samples_per_pixel: 512,
    bits: 8,
    length: 101,
  });
  expect(document.data).toEqual(Array.from({ length: 101 }, (_, i) => [i - 50, i - 50]).flat());
  const [middle, coarse] = document.zooms;
  expect(middle?.data).toEqual(
    Array.from({ length: 13 }, (_, i) => [8 * i - 50, Math.min(50, 8 * i - 43)]).flat(),
  );
  expect(coarse?.data).toEqual([-50, 13, 14, 50]);
  expect(facts.zooms).toEqual([
    { samplesPerPixel: 512, length: 101 },
    { samplesPerPixel: 4_096, length: 13 },
    { samplesPerPixel: 32_768, length: 2 },
  ]);
});

test("channels stay apart; values are cut towards zero", async () => {
  const left = new Int16Array(1_024);
  const right = new Int16Array(1_024);
  left[511] = 32_767;
  left[512] = -32_768;
  right.set([255, -255], 3);
  right.set([256, -256], 1_000);
  const { document } = await drawn(left, right);
  expect(document.data).toEqual([0, 127, 0, 0, -128, 0, -1, 1]);
  expect(document.zooms.map(({ data }) => data)).toEqual([
    [-128, 127, -1, 1],
    [-128, 127, -1, 1],
  ]);
});

test.each([
  ["a single sample", [1_000], [3, 3]],
  ["silence", new Int16Array(700), [0, 0, 0, 0]],
])("%s is drawn as it is", async (_, samples, data) => {
  expect((await drawn(samples)).document.data).toEqual(data);
});

function music(durationSec: number) {
  const { left, right } = renderScore(
    composeTrack({ seed: 5, bpm: 124, key: "C", mode: "major", durationSec, style: "dance" }),
  );
  return [left, right];
}

test("zooms of music follow from each other and hold its peaks, in documents of the format and nothing more", async () => {
  const channels = music(25).map((values) => Float32Array.from(values, (value) => value * 32_767));
  const { json, document } = await drawn(...channels);
  expect(WaveformDocument.strict().parse(json)).toEqual(json);
  for (const zoom of document.zooms) expect(WaveformZoom.strict().parse(zoom)).toEqual(zoom);
  const all = [document, ...document.zooms];
  const { length: frames } = channels[0] ?? [];
  for (const [i, fine] of all.entries()) {
    expect(fine.length).toBe(Math.ceil((frames ?? 0) / fine.samples_per_pixel));
    expect(fine.data.length).toBe(fine.length * 4);
    const coarse = all[i + 1];
    if (!coarse) continue;
    for (const lane of [0, 1, 2, 3]) {
      const of = (values: readonly number[]) => values.filter((_, at) => at % 4 === lane);
      const merge = lane % 2 === 0 ? Math.min : Math.max;
      const merged = of(coarse.data).map((_, at) => merge(...of(fine.data).slice(8 * at, 8 * at + 8)));
      expect(of(coarse.data)).toEqual(merged);
    }
  }
  for (const [channel, values] of channels.entries()) {
    const loudest = values.reduce((most, value) => Math.max(most, value), 0);
    const drawnPeak = document.data.filter((_, at) => at % 4 === 2 * channel + 1);
    expect(Math.max(...drawnPeak)).toBe(Math.trunc(Math.round(loudest) / 256));
  }
});

test.each([
  ["stereo, an odd end", 20 * 44_100 + 123, 2, 300],
  ["mono, an end at a piece's end", 512 * 1_000, 1, 500],
  ["one frame past a piece", 512 * 1_000 + 1, 2, 500],
  ["less than a piece", 30_000, 2, 500],
])("%s: the same bytes in pieces, however often interrupted", async (_, frames, channelCount, pixels) => {
  const channels = music(25).slice(0, channelCount);
  const cut = channels.map((values) => values.subarray(0, frames));
  const pcm = await writePcm(dir.path("long.wav"), cut);
  const whole = await runStep(waveform, { pcm }, { outputDir: dir.path("") });
  const expected = await readFile(whole.outputPath);
  const inPieces = {
    ...waveform,
    fetchWholeUpToBytes: 0,
    run: (
      { pcm }: Parameters<typeof waveform.run>[0],
      _: unknown,
      context: Parameters<typeof waveform.run>[2],
    ) => runWaveform(pcm, context, pixels),
  };
  for (const interruptEvery of [1, 2, Number.POSITIVE_INFINITY]) {
    const run = await runStep(inPieces, { pcm }, { interruptEvery, outputDir: dir.path("") });
    expect(run.facts).toEqual(whole.facts);
    expect((await readFile(run.outputPath)).equals(expected)).toBe(true);
  }
  expect((await stat(whole.outputPath)).size).toBe(expected.length);
});
