import { readFile, writeFile } from "node:fs/promises";
import { fileUrl } from "@segue/audio";
import { createTestDir, makeFile, type TestDir } from "@segue/audio/testing";
import { encodeWav } from "@segue/dsp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aacArgs } from "./aac-args.ts";
import { measureTruePeak } from "./measure-aac.ts";
import { edgeFrames, measureSeams } from "./measure-seams.ts";
import { frameSamples } from "./plan-segments.ts";
import { joinAdts, splitAdts } from "./split-adts.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const seamFrame = 60;
const frames = 2 * seamFrame;

async function encode(signal: (sample: number) => number): Promise<Buffer[]> {
  const samples = Int16Array.from({ length: (frames - 1) * frameSamples }, (_, i) =>
    Math.round(32_767 * signal(i)),
  );
  const path = dir.path("in.wav");
  await writeFile(path, encodeWav(samples, { sampleRateHz: 44_100, channels: 1 }));
  const adts = await makeFile(dir.path("out.aac"), ["-i", fileUrl(path), ...aacArgs, "-f", "adts"]);
  return splitAdts(await readFile(adts));
}

const edgesOf = (segment: readonly Buffer[]) => ({
  first: segment.slice(0, edgeFrames),
  last: segment.slice(-edgeFrames),
});
const options = () => ({ scratchDir: dir.path("") });

test("a peak that no segment has by itself is found where they overlap", async () => {
  // Around the middle of the seam one is even and the other odd: what a window folds back adds up there.
  const middle = (seamFrame - 0.5) * frameSamples;
  const phase = (sample: number) => (2 * Math.PI * 441 * (sample + 0.5 - middle)) / 44_100;
  const even = (await encode((i) => 0.5 * Math.cos(phase(i)))).slice(0, seamFrame);
  const odd = (await encode((i) => 0.5 * Math.sin(phase(i)))).slice(seamFrame);
  const joined = dir.path("joined.aac");
  await writeFile(joined, joinAdts([...even, ...odd], 1));
  const whole = await measureTruePeak(joined, 1, {});
  expect(whole).toBeGreaterThan(0.6);
  const seam = { from: seamFrame * frameSamples, to: (seamFrame + 1) * frameSamples };
  const apart = [
    { from: 0, to: seam.from - 64 },
    { from: seam.to + 64, to: frames * frameSamples },
  ];
  expect(await measureTruePeak(joined, 1, {}, apart)).toBeLessThan(0.58);
  expect(await measureSeams([edgesOf(even), edgesOf(odd)], 1, options())).toBeCloseTo(whole, 5);
});

test("each of many seams counts, segments of a single frame too, and a track of one segment has none", async () => {
  const quiet = await encode((i) => 0.1 * Math.sin(i / 10));
  const loud = await encode((i) => 0.7 * Math.sin(i / 10));
  const segments = [quiet.slice(0, 20), quiet.slice(20, 40), loud.slice(40, 60), loud.slice(60, 61)];
  const edges = segments.map(edgesOf);
  const path = dir.path("all.aac");
  await writeFile(path, joinAdts(segments.flat(), 1));
  const spans = [20, 40, 60].map((at) => ({ from: at * frameSamples, to: (at + 1) * frameSamples }));
  for (const count of [2, 3, 4]) {
    const found = await measureSeams(edges.slice(0, count), 1, options());
    expect(found).toBeCloseTo(await measureTruePeak(path, 1, {}, spans.slice(0, count - 1)), 4);
  }
  expect(await measureSeams(edges.slice(0, 1), 1, options())).toBe(0);
});
