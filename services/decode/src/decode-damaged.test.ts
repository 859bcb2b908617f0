import { readFile, stat, writeFile } from "node:fs/promises";
import { sine } from "@segue/audio/testing";
import { encodeWav } from "@segue/dsp";
import { describe, expect, test } from "vitest";
import { codesOf, mono } from "./decode-harness.ts";
import { decodeMaster } from "./decode-master.ts";
import { expectTyped, harness, testCuts } from "./fixtures/damage.ts";

describe("headers that lie", () => {
  test("a length that is too long is called truncated; the count is of samples", async () => {
    const wav = encodeWav(new Int16Array(44_100), mono);
    const flacBytes = await readFile(await harness.make("plain.flac", ...sine({ sec: 3 })));
    const facts = await harness.decodeBytes(flacBytes.subarray(0, Math.floor(flacBytes.length / 2)));
    expect(facts.declaredDurationSec).toBe(3);
    expect(facts.durationSec).toBeLessThan(2);
    expect(codesOf(facts)).toContain("truncated");
    wav.writeUInt32LE(0x7fffffff, 40);
    expect((await harness.decodeBytes(wav)).sampleCount).toBe(44_100);
  });

  test("a length that is too short is told, and what the header allows is decoded", async () => {
    const wav = encodeWav(new Int16Array(88_200), mono);
    wav.writeUInt32LE(44_100, 40);
    expect((await harness.decodeBytes(wav)).sampleCount).toBeGreaterThanOrEqual(22_050);
  });

  test("VBR without a header: the guessed duration is not believed", async () => {
    const source = "aevalsrc='if(lt(t,2),0,random(0)-0.5)':s=44100:d=10";
    const path = await harness.make("vbr.mp3", "-f", "lavfi", "-i", source, "-q:a", "0", "-write_xing", "0");
    const facts = await harness.decode(path);
    expect(Math.abs(facts.durationSec - 10)).toBeLessThan(0.1);
    expect(codesOf(facts)).not.toContain("truncated");
  });

  test.each([
    ["rate 0", 24, 0],
    ["rate 4 GHz", 24, 0xffffffff],
    ["channels 0", 22, 0],
  ])("%s ends in one outcome", async (_, offset, value) => {
    const wav = encodeWav(new Int16Array(1000), mono);
    if (offset === 22) wav.writeUInt16LE(value, offset);
    else wav.writeUInt32LE(value, offset);
    await expect(harness.decodeBytes(wav)).rejects.toMatchObject({ permanent: true });
  });
});

describe("cut off at any byte", () => {
  testCuts([1, 12, 44, 100, 400, -1]);

  test("damage in the middle costs only what it hits", async () => {
    const bytes = await readFile(await harness.make("damaged.mp3", ...sine({ sec: 10 })));
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0x55, middle, middle + 5000);
    const facts = await harness.decodeBytes(bytes);
    expect(facts.durationSec).toBeGreaterThan(9);
    expect(codesOf(facts)).toContain("decode-errors");
  });
});

test("files with random bytes overwritten each end in one typed outcome", () => expectTyped(2));

test("a header that would blow a small file up to days of audio is bounded", async () => {
  const samples = new Int16Array(500_000);
  await writeFile(harness.dir.path("slow.wav"), encodeWav(samples, { sampleRateHz: 1, channels: 1 }));
  await expect(harness.decode(harness.dir.path("slow.wav"), 20)).rejects.toMatchObject({
    code: "unsupported-codec",
    message: "the sample rate is 1 Hz; the least is 1000 Hz",
  });
  const slowest = encodeWav(samples, { sampleRateHz: 1000, channels: 1 });
  await writeFile(harness.dir.path("slowest.wav"), slowest);
  await expect(harness.decode(harness.dir.path("slowest.wav"), 20)).rejects.toMatchObject({
    code: "too-long",
  });
  expect((await stat(harness.out)).size).toBeLessThan(22 * 44_100 * 2);
});

test("more channels than any recording has are refused, and the limit is named", async () => {
  const wav = encodeWav(new Int16Array(65 * 100), { sampleRateHz: 44_100, channels: 65 });
  await expect(harness.decodeBytes(wav)).rejects.toMatchObject({
    code: "unsupported-codec",
    message: expect.stringContaining("the limit is 64"),
  });
});

test("a full disk is no verdict on the file", async () => {
  const path = await harness.make("fine.wav", ...sine({}));
  const decoding = decodeMaster(path, "/dev/full", { maxDurationSec: 600 });
  await expect(decoding).rejects.toMatchObject({ code: "ENOSPC" });
});

describe("files that were put one after another, so that time stamps begin anew", () => {
  test.each(["again.flac", "again.wv"])("%s: the longest duration holds", async (name) => {
    const one = await readFile(await harness.make(name, ...sine({ sec: 3 }), "-bitexact"));
    const path = harness.dir.path(`many-${name}`);
    await writeFile(path, Buffer.concat(Array<Buffer>(100).fill(one)));
    await expect(harness.decode(path, 20)).rejects.toMatchObject({ code: "too-long" });
    expect((await stat(harness.out)).size).toBeLessThan(22 * 44_100 * 2);
    expect((await harness.decode(path)).durationSec).toBe(300);
  });
});

test("float WavPack of which no block can be decoded ends typed", async () => {
  const bytes = await readFile(await harness.make("float.wv", ...sine({ sec: 2 }), "-sample_fmt", "fltp"));
  expect((await harness.decodeBytes(bytes)).bitDepth).toBe(32);
  for (let at = bytes.indexOf("wvpk"); at >= 0; at = bytes.indexOf("wvpk", at + 4))
    bytes.fill(0x7f, at + 32, at + 600);
  await expect(harness.decodeBytes(bytes)).rejects.toMatchObject({ code: "no-samples-decoded" });
});
