import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeWav } from "./encode-wav.ts";
import { type BlockSpan, openSpan, readBlocks, type SamplePayload, toFloats } from "./read-samples.ts";

let dir: string;
let whole: SamplePayload;
let ranged: SamplePayload & { fetched: string[] };
const samples = Int16Array.from({ length: 2_000 }, (_, i) => i * 7 - 5_000);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-samples-"));
  const path = join(dir, "a.wav");
  await writeFile(path, encodeWav(samples, { sampleRateHz: 44_100, channels: 2 }));
  whole = { path, fetchRange: () => Promise.reject(new Error("the file is there")) };
  const fetched: string[] = [];
  ranged = {
    path: "",
    fetched,
    async fetchRange(startByte, endByte) {
      const to = join(dir, `range-${fetched.length}`);
      await writeFile(to, (await readFile(path)).subarray(startByte, endByte));
      fetched.push(to);
      return to;
    },
  };
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function read(input: SamplePayload, span: BlockSpan): Promise<number[][]> {
  const blocks: number[][] = [];
  for await (const block of readBlocks(input, 2, span)) blocks.push([...block]);
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
  await copyFile(whole.path, join(dir, "short.wav"));
  await expect(read({ ...whole, path: join(dir, "short.wav") }, span)).rejects.toThrow(
    "ends in the block at 1000",
  );
  await expect(read(ranged, span)).rejects.toThrow("ends in the block at 1000");
});

test("reading stops with the signal", async () => {
  const signal = AbortSignal.abort(new Error("drained"));
  await expect(read(whole, { from: 0, to: 10, blockFrames: 5, signal })).rejects.toThrow("drained");
});

test("an open span is read anywhere in it, from a file and in ranges; what was fetched goes with it", async () => {
  for (const payload of [whole, ranged]) {
    const span = await openSpan(payload, 2, { from: 100, to: 900 });
    for (const [from, to] of [
      [100, 900],
      [899, 900],
      [300, 300],
    ] as const)
      expect([...(await span.read({ from, to }))]).toEqual([...samples.subarray(2 * from, 2 * to)]);
    const into = new Int16Array(50);
    const view = await span.read({ from: 200, to: 220 }, into);
    expect(view.buffer).toBe(into.buffer);
    expect([...view]).toEqual([...samples.subarray(400, 440)]);
    await span[Symbol.asyncDispose]();
  }
  await expect(stat(ranged.fetched.at(-1) ?? "")).rejects.toThrow("ENOENT");
});

test("what is fetched and can't be read is removed", async () => {
  const path = join(dir, "nothing");
  const gone = { path: "", fetchRange: async () => path };
  await expect(openSpan(gone, 1, { from: 0, to: 1 })).rejects.toThrow("ENOENT");
  await writeFile(path, "no WAV at all");
  await expect(openSpan({ ...gone, path }, 1, { from: 0, to: 1 })).rejects.toThrow(
    "found no RIFF/WAVE header",
  );
});

test("samples as floats reach from -1 to under 1", () => {
  expect([...toFloats(Int16Array.of(-32_768, 0, 16_384, 32_767))]).toEqual([-1, 0, 0.5, 32_767 / 32_768]);
});
