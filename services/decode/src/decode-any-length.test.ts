// Some formats of every kind; the others are in `decode-any-length.slow.test.ts`.
import { readFile, writeFile } from "node:fs/promises";
import { makeFile } from "@segue/audio/testing";
import { describe, expect, test } from "vitest";
import {
  decodeInPieces,
  dir,
  music,
  testExactFormats,
  testInexactFormats,
  testRangedFormats,
} from "./fixtures/any-length.ts";

testExactFormats([
  ["vbr.mp3", 44_100, ["-q:a", "2"]],
  ["opus.opus", 48_000, ["-c:a", "libopus"]],
  ["surround.flac", 48_000, ["-af", "pan=5.1|c0=c0|c1=c1|c2=c0|c3=c0|c4=c1|c5=c0"]],
]);
testRangedFormats([
  ["large.wav", 48_000, ["-metadata", "title=Long"]],
  ["large.aiff", 44_100, ["-metadata", "title=Long"]],
]);
testInexactFormats([["noisy.m4a", 44_100, ["-c:a", "aac"]]]);

describe("limits", () => {
  test("audio past the limit is too long, counted piece by piece", async () => {
    const path = await makeFile(dir.path("long.mp3"), ["-i", await music(44_100)]);
    const limits = { durationSec: 20 };
    await expect(decodeInPieces(path, { limits, interruptEvery: 1 })).rejects.toMatchObject({
      code: "too-long",
    });
  });

  test("an uncompressed master is too long before a byte of it is decoded", async () => {
    const decoding = decodeInPieces(await music(44_100), {
      limits: { durationSec: 20 },
      fetchWholeUpToBytes: 10,
    });
    await expect(decoding).rejects.toMatchObject({ code: "too-long" });
  });

  test("a compressed master past the limit is too large, and the limit is named", async () => {
    const path = await makeFile(dir.path("large.flac"), ["-i", await music(44_100)]);
    const decoding = decodeInPieces(path, { limits: { wholeMasterBytes: 2 ** 20 }, fetchWholeUpToBytes: 10 });
    await expect(decoding).rejects.toMatchObject({
      code: "too-large",
      message: expect.stringContaining("1 MiB"),
    });
  });

  test("a header that declares a short file does not keep a long one from being decoded", async () => {
    const wav = await readFile(await music(44_100));
    const path = await makeFile(dir.path("lies.flac"), ["-i", await music(44_100)]);
    const flac = await readFile(path);
    // STREAMINFO's count of samples: 36 bits that end at byte 26.
    flac.writeUInt32BE(44_100, 22);
    await writeFile(path, flac);
    const { facts } = await decodeInPieces(path, { limits: { oneAttemptSec: 5 }, interruptEvery: 1 });
    expect(facts.sampleCount).toBe((wav.length - 44) / 4);
  });
});
