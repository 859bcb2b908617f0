import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PcmInput, type PcmSpan, readPcmBlocks } from "./read-pcm-blocks.ts";
import { createTestDir, type TestDir } from "./testing.ts";
import { encodeWav } from "./wav.ts";

let dir: TestDir;
let whole: PcmInput;
let ranged: PcmInput & { fetched: string[] };
const samples = Int16Array.from({ length: 2_000 }, (_, i) => i * 7 - 5_000);

beforeAll(async () => {
  dir = await createTestDir();
  const path = dir.path("a.wav");
  await writeFile(path, encodeWav(samples, { sampleRateHz: 44_100, channels: 2 }));
  const facts = { sampleCount: 1_000, channels: 2 };
  whole = { facts, path, fetchRange: () => Promise.reject(new Error("the file is there")) };
  const fetched: string[] = [];
  ranged = {
    facts,
    path: "",
    fetched,
    async fetchRange(startByte, endByte) {
      const to = dir.path(`range-${fetched.length}`);
      await writeFile(to, (await readFile(path)).subarray(startByte, endByte));
      fetched.push(to);
      return to;
    },
  };
});
afterAll(() => dir.dispose());

async function read(input: PcmInput, span: PcmSpan): Promise<number[][]> {
  const blocks: number[][] = [];
  for await (const block of readPcmBlocks(input, span)) blocks.push([...block]);
  return blocks;
}

test.each([
  { from: 0, to: 1_000, blockFrames: 300 },
  { from: 250, to: 750, blockFrames: 500 },
  { from: 999, to: 1_000, blockFrames: 64 },
])("frames $from to $to, in blocks of $blockFrames, from a file and in ranges", async (span) => {
  const blocks = await read(whole, span);
  expect(blocks.flat()).toEqual([...samples.subarray(2 * span.from, 2 * span.to)]);
  expect(blocks.slice(0, -1).every((block) => block.length === 2 * span.blockFrames)).toBe(true);
  expect(await read(ranged, span)).toEqual(blocks);
  await expect(stat(ranged.fetched.at(-1) ?? "")).rejects.toThrow("ENOENT");
});

test("an empty span has no blocks", async () => {
  expect(await read(whole, { from: 5, to: 5, blockFrames: 10 })).toEqual([]);
});

test("a payload that ends early is told", async () => {
  const span = { from: 0, to: 1_001, blockFrames: 100 };
  await copyFile(whole.path, dir.path("short.wav"));
  await expect(read({ ...whole, path: dir.path("short.wav") }, span)).rejects.toThrow(
    "ends in the block at 1000",
  );
  await expect(read(ranged, span)).rejects.toThrow("ends in the block at 1000");
});

test("reading stops with the signal", async () => {
  const signal = AbortSignal.abort(new Error("drained"));
  await expect(read(whole, { from: 0, to: 10, blockFrames: 5, signal })).rejects.toThrow("drained");
});
