import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countWavPackFrames } from "./count-wavpack-frames.ts";
import { createTestDir, makeFile, sine, type TestDir } from "./testing.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const all = Number.POSITIVE_INFINITY;

async function wavPack(channels: number, sec = 3): Promise<Buffer> {
  const path = dir.path(`${channels}-${sec}.wv`);
  return readFile(await makeFile(path, [...sine({ sec, channels }), "-bitexact"]));
}

async function count(bytes: Uint8Array, enough = all): Promise<number> {
  await writeFile(dir.path("file"), bytes);
  return countWavPackFrames(dir.path("file"), enough);
}

test.each([1, 2, 6])("samples of %d channels are counted once", async (channels) => {
  expect(await count(await wavPack(channels))).toBe(3 * 44_100);
});

test("files that were put one after another are counted together", async () => {
  const bytes = await wavPack(2);
  expect(bytes.readUInt32LE(12)).toBe(3 * 44_100);
  expect(await count(Buffer.concat([bytes, bytes, bytes]))).toBe(9 * 44_100);
});

test("the count ends once it is enough, and at what is no block", async () => {
  const bytes = await wavPack(1);
  const some = await count(Buffer.concat([bytes, bytes]), 44_100);
  expect(some).toBeGreaterThan(44_100);
  expect(some).toBeLessThan(3 * 44_100);
  expect(await count(Buffer.concat([bytes, Buffer.from("APETAGEX"), bytes]))).toBe(3 * 44_100);
  expect(await count(bytes.subarray(0, 31))).toBe(0);
  expect(await count(Buffer.from("RIFF is another format, whatever follows"))).toBe(0);
});

test("a block that says more than any can hold does not count", async () => {
  const bytes = Buffer.from(await wavPack(1));
  const ofFirst = bytes.readUInt32LE(20);
  bytes.writeUInt32LE(0xffffffff, 20);
  expect(await count(bytes)).toBe(3 * 44_100 - ofFirst);
});
