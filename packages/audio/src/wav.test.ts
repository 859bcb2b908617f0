import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDir, makeFile, sine, type TestDir } from "./testing.ts";
import { encodeWav, readWavChunks, readWavInfo, readWavMono } from "./wav.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const stereo = { sampleRateHz: 44_100, channels: 2 };

test("what is written is read", async () => {
  await writeFile(dir.path("a.wav"), encodeWav(Int16Array.of(1, 3, -32768, 32767, 100, -100), stereo));
  expect(await readWavInfo(dir.path("a.wav"))).toMatchObject({
    ...stereo,
    sampleCount: 3,
    dataOffsetBytes: 44,
  });
  expect([...(await readWavMono(dir.path("a.wav")))]).toEqual([2 / 32768, -0.5 / 32768, 0]);
});

test("ffmpeg's own header, with a LIST chunk before the data, is read", async () => {
  await makeFile(dir.path("list.wav"), [...sine({ sec: 0.5 }), "-metadata", "title=x"]);
  expect(await readWavInfo(dir.path("list.wav"))).toMatchObject({ channels: 1, sampleCount: 22_050 });
});

test("sizes that were never filled in mean the rest of the file; sizes too large are cut to it", async () => {
  for (const declared of [0, 0xffffffff, 0xfffffff0, 400]) {
    const wav = encodeWav(new Int16Array(100), stereo);
    wav.writeUInt32LE(declared, 40);
    await writeFile(dir.path("sizes.wav"), wav);
    expect(await readWavInfo(dir.path("sizes.wav"))).toMatchObject({ sampleCount: 50 });
  }
});

test("half a frame at the end is no frame", async () => {
  await writeFile(dir.path("odd.wav"), encodeWav(new Int16Array(101), stereo).subarray(0, -1));
  expect((await readWavInfo(dir.path("odd.wav"))).sampleCount).toBe(50);
});

test("pieces join to the whole, also for channels that don't divide a piece", async () => {
  const samples = Int16Array.from({ length: 3 * 200_000 }, (_, i) => (i * 7919) % 65_536);
  await writeFile(dir.path("long.wav"), encodeWav(samples, { sampleRateHz: 8000, channels: 3 }));
  let at = 0;
  for await (const chunk of readWavChunks(dir.path("long.wav"))) {
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
  await writeFile(dir.path("bad.wav"), bytes);
  await expect(readWavInfo(dir.path("bad.wav"))).rejects.toThrow(/expected/);
});
