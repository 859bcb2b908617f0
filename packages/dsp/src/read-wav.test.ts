import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeWav } from "./encode-wav.ts";
import { readWavChunks, readWavInfo, readWavMono } from "./read-wav.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-wav-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const stereo = { sampleRateHz: 44_100, channels: 2 };

test("what is written is read", async () => {
  await writeFile(join(dir, "a.wav"), encodeWav(Int16Array.of(1, 3, -32768, 32767, 100, -100), stereo));
  expect(await readWavInfo(join(dir, "a.wav"))).toMatchObject({
    ...stereo,
    sampleCount: 3,
    dataOffsetBytes: 44,
  });
  expect([...(await readWavMono(join(dir, "a.wav")))]).toEqual([2 / 32768, -0.5 / 32768, 0]);
});

test("sizes that were never filled in mean the rest of the file; sizes too large are cut to it", async () => {
  for (const declared of [0, 0xffffffff, 0xfffffff0, 400]) {
    const wav = encodeWav(new Int16Array(100), stereo);
    wav.writeUInt32LE(declared, 40);
    await writeFile(join(dir, "sizes.wav"), wav);
    expect(await readWavInfo(join(dir, "sizes.wav"))).toMatchObject({ sampleCount: 50 });
  }
});

test("half a frame at the end is no frame", async () => {
  await writeFile(join(dir, "odd.wav"), encodeWav(new Int16Array(101), stereo).subarray(0, -1));
  expect((await readWavInfo(join(dir, "odd.wav"))).sampleCount).toBe(50);
});

test("pieces join to the whole, also for channels that don't divide a piece", async () => {
  const samples = Int16Array.from({ length: 3 * 200_000 }, (_, i) => (i * 7919) % 65_536);
  await writeFile(join(dir, "long.wav"), encodeWav(samples, { sampleRateHz: 8000, channels: 3 }));
  let at = 0;
  for await (const chunk of readWavChunks(join(dir, "long.wav"))) {
    expect(chunk.length % 3).toBe(0);
    expect(
      Buffer.from(chunk.buffer, 0, chunk.byteLength).equals(
        Buffer.from(samples.buffer, at * 2, chunk.byteLength),
      ),
    ).toBe(true);
    at += chunk.length;
  }
  expect(at).toBe(samples.length);
});

test.each([
  ["empty", Buffer.alloc(0)],
  ["no WAV", Buffer.from("hello, this is no wave file at all")],
  [
    "8 bit",
    (() => {
      const wav = encodeWav(new Int16Array(4), stereo);
      wav.writeUInt16LE(8, 34);
      return wav;
    })(),
  ],
  ["without data", encodeWav(new Int16Array(4), stereo).subarray(0, 36)],
])("%s is refused in words", async (_, bytes) => {
  await writeFile(join(dir, "bad.wav"), bytes);
  await expect(readWavInfo(join(dir, "bad.wav"))).rejects.toThrow(/expected/);
});
