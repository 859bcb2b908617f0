import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createTestDir, type TestDir } from "@segue/audio/testing";
import { Mono16k, Pcm } from "@segue/contracts";
import { encodeWav } from "@segue/dsp";
import { defineStep } from "@segue/step";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { downsamplePcm, type MonoSource } from "./downsample-pcm.ts";
import { pcmFacts } from "./pcm-facts.ts";
import { resamplePieces } from "./resample-pieces.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const options = {};

const inPieces = (pieceSec: number) =>
  defineStep({
    name: "downsample",
    version: 1,
    consumes: { pcm: Pcm },
    produces: Mono16k,
    budget: { timeMs: 10_000, memoryMiB: 256 },
    fetchWholeUpToBytes: 0,
    setup: async () => ({}),
    run: ({ pcm }, _, context) => resamplePieces(pcm, context, options, { pieceSec, overlapSec: 1 }),
  });

/** A loud sweep with noise up to full scale. */
async function music(frames: number, channels: number): Promise<string> {
  const samples = new Int16Array(frames * channels);
  let noise = 1;
  for (let i = 0; i < samples.length; i++) {
    const t = Math.floor(i / channels) / 44_100;
    noise = (noise * 48_271) % 0x7fffffff;
    const value = 20_000 * Math.sin(2 * Math.PI * (200 + 300 * t + 10 * (i % channels)) * t);
    samples[i] = Math.round(value + 25_000 * (noise / 0x7fffffff - 0.5));
  }
  const path = dir.path(`music-${frames}-${channels}.wav`);
  // As in earnest, more lies behind the samples.
  const tail = Buffer.alloc(5_000, 0x55);
  await writeFile(path, Buffer.concat([encodeWav(samples, { sampleRateHz: 44_100, channels }), tail]));
  return path;
}

test.each<[what: string, frames: number, channels: number, pieceSec: number, source?: Partial<MonoSource>]>([
  ["stereo, an odd end", 20 * 44_100 + 12_345, 2, 3],
  ["stereo that was stored quieter", 13 * 44_100 + 345, 2, 3, { gainDb: 6.0206 }],
  ["stereo whose channels cancel", 13 * 44_100 + 345, 2, 3, { gainDb: 6.0206, channelsCancel: true }],
  ["mono, an odd end", 17 * 44_100 + 1, 1, 5],
  ["an end at a piece's end", 12 * 44_100, 2, 4],
  ["one frame past a piece", 12 * 44_100 + 1, 2, 4],
  ["an end just before a piece's end", 12 * 44_100 - 50, 1, 4],
  ["less than a piece", 30_000, 2, 4],
])(
  "%s: the same samples and facts as in one go, however often interrupted",
  async (_, frames, channels, pieceSec, source = {}) => {
    const path = await music(frames, channels);
    const atOnce = await downsamplePcm(path, dir.path("at-once.wav"), { channels, ...source }, options);
    const expected = await readFile(dir.path("at-once.wav"));
    const counted = { sampleCount: frames, channels, durationSec: frames / 44_100 };
    const facts = { ...pcmFacts, ...counted, ...source };
    for (const interruptEvery of [1, 2, 1000]) {
      const outputDir = await mkdtemp(dir.path("run-"));
      const run = await runStep(inPieces(pieceSec), { pcm: { facts, path } }, { interruptEvery, outputDir });
      const bytes = await readFile(run.outputPath);
      expect(bytes.subarray(44).equals(expected.subarray(-atOnce.sampleCount * 2))).toBe(true);
      expect(run.facts).toEqual(atOnce);
    }
  },
);
