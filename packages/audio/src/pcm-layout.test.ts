import { readFile } from "node:fs/promises";
import { encodeWav } from "@segue/dsp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PcmLayout, readPcmLayout } from "./pcm-layout.ts";
import { createTestDir, makeFile, sine, type TestDir } from "./testing.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const layoutOf = (bytes: Buffer): Promise<PcmLayout | null> =>
  readPcmLayout(async (start, end) => bytes.subarray(start, end), bytes.length);

test.each<[name: string, args: string[], frameBytes: number]>([
  ["a.wav", [], 4],
  ["b.wav", ["-c:a", "pcm_s24le"], 6],
  ["c.wav", ["-rf64", "always"], 4],
  ["d.w64", ["-c:a", "pcm_f32le"], 8],
  ["e.aiff", ["-c:a", "pcm_s24be"], 6],
])("%s %s: its samples are where ffmpeg finds them", async (name, args, frameBytes) => {
  const tagged = ["-metadata", `title=${"long ".repeat(30)}`];
  const path = await makeFile(dir.path(name), [...sine({ sec: 2, channels: 2 }), ...tagged, ...args]);
  const bytes = await readFile(path);
  const layout = await layoutOf(bytes);
  expect(layout).toMatchObject({ frameBytes, sampleRateHz: 44_100, channels: 2, declaredDurationSec: 2 });
  expect(layout?.dataBytes).toBe(2 * 44_100 * frameBytes);
  const raw = dir.path(`${name}.raw`);
  await makeFile(raw, ["-i", path, "-c:a", "copy", "-f", "data", "-map", "0:a"]);
  const offset = layout?.dataOffsetBytes ?? 0;
  expect(bytes.subarray(offset, offset + (layout?.dataBytes ?? 0)).equals(await readFile(raw))).toBe(true);
});

test("a file that was cut off keeps what is there, and what it declared", async () => {
  const wav = encodeWav(new Int16Array(88_200), { sampleRateHz: 44_100, channels: 1 });
  expect(await layoutOf(wav.subarray(0, 44 + 44_101))).toMatchObject({
    dataBytes: 44_100,
    declaredDurationSec: 2,
  });
  wav.writeUInt32LE(0xffff_ffff, 40);
  expect(await layoutOf(wav)).toMatchObject({ dataBytes: 176_400, declaredDurationSec: null });
});

test.each([0, 1, 11, 12, 20, 35, 43, 44])("cut at byte %i there is nothing to find", async (cut) => {
  const wav = encodeWav(new Int16Array(100), { sampleRateHz: 44_100, channels: 1 });
  expect(await layoutOf(wav.subarray(0, cut))).toBeNull();
});

test("what is no such file, or has no frames of one size, has no layout", async () => {
  expect(await layoutOf(Buffer.alloc(1000))).toBeNull();
  const wav = encodeWav(new Int16Array(100), { sampleRateHz: 44_100, channels: 1 });
  wav.writeUInt16LE(0, 32);
  expect(await layoutOf(wav)).toBeNull();
});
