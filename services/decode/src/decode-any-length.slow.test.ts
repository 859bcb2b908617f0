// Every format that is not in the short form, `decode-any-length.test.ts`.
import { readFile, writeFile } from "node:fs/promises";
import { makeFile } from "@segue/audio/testing";
import { energiesRange } from "@segue/dsp";
import { expect, test } from "vitest";
import {
  decodeAtOnce,
  decodeInPieces,
  dir,
  longSec,
  music,
  testExactFormats,
  testInexactFormats,
  testRangedFormats,
} from "./fixtures/any-length.ts";

testExactFormats([
  ["cbr.mp3", 44_100, ["-b:a", "256k"]],
  ["vbr-no-header-48.mp3", 48_000, ["-q:a", "2", "-write_xing", "0"]],
  ["vorbis.ogg", 44_100, ["-c:a", "libvorbis"]],
  ["plain.flac", 44_100, []],
  ["high.flac", 96_000, ["-sample_fmt", "s32"]],
  ["alac.m4a", 44_100, ["-c:a", "alac"]],
  ["plain.wav", 48_000, []],
  ["plain.aiff", 44_100, []],
  ["loud-floats.wav", 44_100, ["-af", "volume=5:precision=float", "-c:a", "pcm_f32le"]],
  ["surround.ogg", 44_100, ["-af", "pan=5.1|c0=c0|c1=c1|c2=c0|c3=c0|c4=c1|c5=c0", "-c:a", "libvorbis"]],
]);
testRangedFormats([
  ["large-24.wav", 96_000, ["-c:a", "pcm_s24le"]],
  ["large.rf64.wav", 44_100, ["-rf64", "always"]],
  ["large.w64", 44_100, []],
  ["large-loud.wav", 44_100, ["-af", "volume=5:precision=float", "-c:a", "pcm_f32le"]],
  ["large-surround.wav", 48_000, ["-af", "pan=5.1|c0=c0|c1=c1|c2=c0|c3=c0|c4=c1|c5=c0"]],
]);
testInexactFormats([
  ["stamps-in-ms.mka", 44_100, ["-c:a", "libmp3lame"]],
  ["adts.aac", 44_100, ["-c:a", "aac"]],
  ["dither.ac3", 48_000, ["-c:a", "ac3"]],
]);

test("spans are as short as their bytes demand", async () => {
  const path = await makeFile(dir.path("short-spans.wav"), ["-i", await music(48_000)]);
  const atOnce = await decodeAtOnce(path);
  const limits = { spanBytes: 3 * 48_000 * 4 + 1 };
  const ranged = await decodeInPieces(path, { limits, fetchWholeUpToBytes: 1000, interruptEvery: 2 });
  expect(ranged.bytes.subarray(44).equals(atOnce.bytes.subarray(-ranged.bytes.length + 44))).toBe(true);
});

test("damage that shifts the time stamps is found and followed", async () => {
  const bytes = await readFile(
    await makeFile(dir.path("cut.mp3"), ["-i", await music(44_100, longSec), "-write_xing", "0"]),
  );
  const middle = Math.floor(bytes.length * 0.4);
  bytes.fill(0, middle, middle + 9000);
  await writeFile(dir.path("cut.mp3"), bytes);
  const atOnce = await decodeAtOnce(dir.path("cut.mp3"));
  const interrupted = await decodeInPieces(dir.path("cut.mp3"), { interruptEvery: 1 });
  expect(interrupted.facts.sampleCount).toBe(atOnce.facts.sampleCount);
  // What was measured of them is alike to the last digits only: another state of the decoder went before.
  const { start } = energiesRange(atOnce.facts);
  const samples = interrupted.bytes.subarray(44, start);
  expect(samples.equals(atOnce.bytes.subarray(44, start))).toBe(true);
});
