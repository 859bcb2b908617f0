import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { encodeWav, energiesRange } from "@segue/audio";
import { createTestDir, makeFile, type TestDir } from "@segue/audio/testing";
import { Master, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeAnyLength } from "./decode-any-length.ts";
import { type DecodeLimits, decodeLimits } from "./decode-limits.ts";
import { decodeMaster } from "./decode-master.ts";

const shortSec = 25;
/** Long enough for its first spans to be found by a quick seek, which is not trusted near the end. */
const longSec = 54;
/** Divided as finely as hours are in earnest: spans of ten seconds, pieces of five. */
const fine: DecodeLimits = { ...decodeLimits, oneAttemptSec: 1, spanSec: 10, pieceSec: 5 };

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

/** Sweeps and noise, clipped here and there: no stretch of it is like another. */
async function music(sampleRateHz: number, sec = shortSec): Promise<string> {
  const channels = 2;
  const path = dir.path(`music-${sampleRateHz}-${sec}.wav`);
  if (existsSync(path)) return path;
  const samples = new Int16Array(sec * sampleRateHz * channels);
  let noise = 1;
  for (let i = 0; i < samples.length; i++) {
    const t = Math.floor(i / channels) / sampleRateHz;
    noise = (noise * 48_271) % 0x7fffffff;
    const sweep = Math.sin(2 * Math.PI * (200 + 50 * t + 10 * (i % channels)) * t);
    const swell = 0.7 + 0.5 * Math.sin(2 * Math.PI * 0.7 * t);
    const value = 30_000 * swell * sweep + 3000 * (noise / 0x7fffffff - 0.5);
    samples[i] = Math.max(-32_768, Math.min(32_767, Math.round(value)));
  }
  await writeFile(path, encodeWav(samples, { sampleRateHz, channels }));
  return path;
}

let runs = 0;

async function decodeInPieces(
  path: string,
  options: { limits?: Partial<DecodeLimits>; interruptEvery?: number; fetchWholeUpToBytes?: number } = {},
) {
  const limits = { ...fine, ...options.limits };
  const step = defineStep({
    name: "decode",
    version: 1,
    consumes: { master: Master },
    produces: Pcm,
    budget: { timeMs: 10_000, memoryMiB: 256 },
    fetchWholeUpToBytes: options.fetchWholeUpToBytes ?? Number.POSITIVE_INFINITY,
    setup: async () => ({}),
    run: ({ master }, _, context) => decodeAnyLength(master, context, limits),
  });
  const outputDir = dir.path(`run-${runs++}`);
  await mkdir(outputDir);
  const { interruptEvery } = options;
  const { facts, outputPath } = await runStep(
    step,
    { master: { facts: { sizeBytes: 1 }, path } },
    { outputDir, ...(interruptEvery === undefined ? {} : { interruptEvery }) },
  );
  return { facts, bytes: await readFile(outputPath) };
}

async function decodeAtOnce(path: string) {
  const out = dir.path("at-once.wav");
  const facts = await decodeMaster(path, out, { maxDurationSec: 600 });
  const bytes = await readFile(out);
  return { facts, bytes };
}

const exactFormats: [name: string, sampleRateHz: number, args: string[]][] = [
  ["cbr.mp3", 44_100, ["-b:a", "256k"]],
  ["vbr.mp3", 44_100, ["-q:a", "2"]],
  ["vbr-no-header-48.mp3", 48_000, ["-q:a", "2", "-write_xing", "0"]],
  ["vorbis.ogg", 44_100, ["-c:a", "libvorbis"]],
  ["opus.opus", 48_000, ["-c:a", "libopus"]],
  ["plain.flac", 44_100, []],
  ["high.flac", 96_000, ["-sample_fmt", "s32"]],
  ["alac.m4a", 44_100, ["-c:a", "alac"]],
  ["plain.wav", 48_000, []],
  ["plain.aiff", 44_100, []],
  ["loud-floats.wav", 44_100, ["-af", "volume=5:precision=float", "-c:a", "pcm_f32le"]],
  ["surround.flac", 48_000, ["-af", "pan=5.1|c0=c0|c1=c1|c2=c0|c3=c0|c4=c1|c5=c0"]],
  ["surround.ogg", 44_100, ["-af", "pan=5.1|c0=c0|c1=c1|c2=c0|c3=c0|c4=c1|c5=c0", "-c:a", "libvorbis"]],
];

describe.each(exactFormats)("%s", (name, sampleRateHz, args) => {
  test("in pieces, interrupted or not, it is what it is in one go", async () => {
    const path = await makeFile(dir.path(name), [
      "-i",
      await music(sampleRateHz, name.endsWith("mp3") ? longSec : shortSec),
      ...args,
    ]);
    const atOnce = await decodeAtOnce(path);
    const whole = await decodeInPieces(path);
    expect(whole.facts).toEqual(atOnce.facts);
    expect(whole.bytes.subarray(44).equals(atOnce.bytes.subarray(-whole.bytes.length + 44))).toBe(true);
    expect(whole.bytes.length).toBe(energiesRange(atOnce.facts).end);
    const interrupted = await decodeInPieces(path, { interruptEvery: 1 });
    expect(interrupted.bytes.equals(whole.bytes)).toBe(true);
    expect(interrupted.facts).toEqual(whole.facts);
  });
});

describe("masters that are read in ranges", () => {
  test.each<[name: string, sampleRateHz: number, args: string[]]>([
    ["large.wav", 48_000, ["-metadata", "title=Long"]],
    ["large-24.wav", 96_000, ["-c:a", "pcm_s24le"]],
    ["large.rf64.wav", 44_100, ["-rf64", "always"]],
    ["large.w64", 44_100, []],
    ["large.aiff", 44_100, ["-metadata", "title=Long"]],
    ["large-loud.wav", 44_100, ["-af", "volume=5:precision=float", "-c:a", "pcm_f32le"]],
    ["large-surround.wav", 48_000, ["-af", "pan=5.1|c0=c0|c1=c1|c2=c0|c3=c0|c4=c1|c5=c0"]],
  ])("%s is what it is in one go", async (name, sampleRateHz, args) => {
    const path = await makeFile(dir.path(name), ["-i", await music(sampleRateHz), ...args]);
    const atOnce = await decodeAtOnce(path);
    const ranged = await decodeInPieces(path, { interruptEvery: 1, fetchWholeUpToBytes: 1000 });
    expect(ranged.bytes.subarray(44).equals(atOnce.bytes.subarray(-ranged.bytes.length + 44))).toBe(true);
    // A bit rate that ffmpeg reckons from the file's size is of the part that it was shown.
    const { bitRateKbps: _, ...facts } = ranged.facts;
    expect(atOnce.facts).toMatchObject(facts);
  });

  test("spans are as short as their bytes demand", async () => {
    const path = await makeFile(dir.path("short-spans.wav"), ["-i", await music(48_000)]);
    const atOnce = await decodeAtOnce(path);
    const limits = { spanBytes: 3 * 48_000 * 4 + 1 };
    const ranged = await decodeInPieces(path, { limits, fetchWholeUpToBytes: 1000, interruptEvery: 2 });
    expect(ranged.bytes.subarray(44).equals(atOnce.bytes.subarray(-ranged.bytes.length + 44))).toBe(true);
  });
});

describe("decoders that are not exact, or can't be entered", () => {
  test.each<[name: string, sampleRateHz: number, args: string[]]>([
    ["noisy.m4a", 44_100, ["-c:a", "aac"]],
    ["stamps-in-ms.mka", 44_100, ["-c:a", "libmp3lame"]],
    ["adts.aac", 44_100, ["-c:a", "aac"]],
    ["dither.ac3", 48_000, ["-c:a", "ac3"]],
  ])("%s is alike at the joins, and the same however often it is interrupted", async (name, rate, args) => {
    const path = await makeFile(dir.path(name), ["-i", await music(rate), ...args]);
    const atOnce = await decodeAtOnce(path);
    const whole = await decodeInPieces(path);
    const interrupted = await decodeInPieces(path, { interruptEvery: 1 });
    expect(interrupted.bytes.equals(whole.bytes)).toBe(true);
    expect(interrupted.facts).toEqual(whole.facts);
    expect(Math.abs(whole.facts.sampleCount - atOnce.facts.sampleCount)).toBeLessThan(5);
    expect(whole.facts.warnings.map(({ code }) => code)).not.toContain("joins-unverified");
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
});

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
