import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { fileUrl, readTags } from "@segue/audio";
import { createTestDir, makeFile, readChannel, type TestDir } from "@segue/audio/testing";
import type { PcmFacts } from "@segue/contracts";
import { encodeWav } from "@segue/dsp";
import { runStep } from "@segue/step";
import { clickTrack, demoTrack, sine, whiteNoise } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { encode } from "./encode.step.ts";
import { encodeAac } from "./encode-aac.ts";
import { encodeSegment, joinSegments } from "./encode-in-segments.ts";
import { fetchMasterEnds } from "./fetch-master-ends.ts";
import { measureTruePeak } from "./measure-aac.ts";
import { countSegments, planSegments, segmentSizes } from "./plan-segments.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

interface Audio {
  readonly wavPath: string;
  readonly facts: z.infer<typeof PcmFacts>;
  /** Per channel, as they were encoded. */
  readonly channels: readonly Int16Array[];
}

async function pcm(channels: readonly Float32Array[]): Promise<Audio> {
  const sampleCount = channels[0]?.length ?? 0;
  const rounded = channels.map((channel) => Int16Array.from(channel, (value) => Math.round(value * 32_767)));
  const samples = new Int16Array(sampleCount * rounded.length);
  rounded.forEach((channel, c) => {
    channel.forEach((value, i) => {
      samples[i * rounded.length + c] = value;
    });
  });
  const wavPath = dir.path("in.wav");
  await writeFile(wavPath, encodeWav(samples, { sampleRateHz: 44_100, channels: rounded.length }));
  const facts = {
    codec: "pcm_s16le",
    container: "wav",
    bitDepth: 16,
    bitRateKbps: null,
    sourceSampleRateHz: 44_100,
    sourceChannels: rounded.length,
    channelLayout: null,
    declaredDurationSec: null,
    durationSec: sampleCount / 44_100,
    sampleCount,
    sampleRateHz: 44_100,
    channels: rounded.length,
    tags: { title: "Ünï ☃", artist: "Группа" },
    hasCover: false,
    warnings: [],
  };
  return { wavPath, facts, channels: rounded };
}

/** 2.3 s with a preroll as in service: many joins in little audio. */
const short = { ...segmentSizes, frames: 100 };

interface Options {
  readonly sizes?: typeof segmentSizes;
  readonly interruptEvery?: number;
  readonly masterPath?: string;
}

async function encodeSegmented(audio: Audio, { sizes = short, interruptEvery, masterPath }: Options = {}) {
  const outputDir = await mkdtemp(dir.path("run-"));
  const count = () => countSegments(audio.facts.sampleCount, sizes);
  const own = { sizes };
  const { facts, outputPath } = await runStep(
    { ...encode, fetchWholeUpToBytes: 0, scatter: encode.scatter && { ...encode.scatter, count } },
    {
      master: { facts: { sizeBytes: 0 }, ...(masterPath ? { path: masterPath } : {}) },
      pcm: { facts: audio.facts, path: audio.wavPath },
    },
    {
      outputDir,
      ...(interruptEvery ? { interruptEvery } : {}),
      work: {
        fetchMasterEnds,
        encodeSegment: (index: number, options: Parameters<typeof encodeSegment>[1]) =>
          encodeSegment(index, { ...options, ...own }),
        joinSegments: (options: Parameters<typeof joinSegments>[0]) => joinSegments({ ...options, ...own }),
      },
    },
  );
  return { facts, path: outputPath, bytes: await readFile(outputPath) };
}

async function encodeWhole(audio: Audio): Promise<string> {
  const outPath = dir.path("whole.m4a");
  const from = { pcmPath: audio.wavPath, tags: audio.facts.tags, masterPath: null };
  await encodeAac({ ...from, outPath, scratchDir: dir.path("") }, audio.facts);
  return outPath;
}

async function decode(path: string, channels: number): Promise<Int16Array[]> {
  const wav = await makeFile(dir.path("back.wav"), ["-i", fileUrl(path), "-map", "0:a", "-c:a", "pcm_s16le"]);
  return Promise.all(Array.from({ length: channels }, (_, c) => readChannel(wav, c, channels)));
}

/** Around each join: the frame in which two segments overlap, and so much on either side. */
function joinRanges(audio: Audio, marginMs: number): { from: number; to: number }[] {
  const margin = Math.round(44.1 * marginMs);
  return planSegments(audio.facts.sampleCount, short)
    .slice(1)
    .map(({ firstFrame }) => ({
      from: (firstFrame - 1) * 1024 - margin,
      to: Math.min(audio.facts.sampleCount, firstFrame * 1024 + margin),
    }));
}

/** Mean power of what a codec changed, in dB under full scale. */
function errorDb(
  audio: Audio,
  decoded: readonly Int16Array[],
  ranges: readonly { from: number; to: number }[],
) {
  let sum = 0;
  let count = 0;
  audio.channels.forEach((original, c) => {
    for (const { from, to } of ranges) {
      for (let i = from; i < to; i++) sum += ((decoded[c]?.[i] ?? 0) - (original[i] ?? 0)) ** 2;
      count += to - from;
    }
  });
  return 10 * Math.log10(sum / count / 32_768 ** 2);
}

/** The largest step from one sample to the next that the codec added, in steps of 16 bit. */
function largestJump(
  audio: Audio,
  decoded: readonly Int16Array[],
  ranges: readonly { from: number; to: number }[],
) {
  let most = 0;
  audio.channels.forEach((original, c) => {
    const error = (i: number) => (decoded[c]?.[i] ?? 0) - (original[i] ?? 0);
    for (const { from, to } of ranges) {
      for (let i = from + 1; i < to; i++) most = Math.max(most, Math.abs(error(i) - error(i - 1)));
    }
  });
  return most;
}

describe("joins", () => {
  const durationSec = 14;
  const signals: Record<string, () => Float32Array[]> = {
    "stereo music": () => {
      const { left, right } = demoTrack();
      return [left, right].map((channel) => channel.subarray(10 * 44_100, (10 + durationSec) * 44_100));
    },
    "a sine": () => [sine({ durationSec, frequencyHz: 997, amplitude: 0.5 })],
    noise: () => [whiteNoise({ durationSec, seed: 3, amplitude: 0.3 })],
    // Every beat falls elsewhere in a frame: short windows, and the ways into and out of them, lie on joins too.
    clicks: () => [clickTrack({ durationSec, bpm: 239 })],
  };

  test.each(Object.keys(signals))("%s: no more error there than an unbroken encode makes", async (name) => {
    const audio = await pcm(signals[name]?.() ?? []);
    const { facts } = audio;
    const broken = await decode((await encodeSegmented(audio)).path, facts.channels);
    const whole = await decode(await encodeWhole(audio), facts.channels);
    // As an unbroken encode: padding of the last frame may remain, not a sample more or less.
    expect(broken[0]?.length).toBe(whole[0]?.length);
    // As an unbroken encode at the same places, within 1 dB: in the very frames that overlap, and 20 ms around them.
    for (const marginMs of [0, 20]) {
      const ranges = joinRanges(audio, marginMs);
      expect(ranges.length).toBe(6);
      expect(errorDb(audio, broken, ranges)).toBeLessThan(errorDb(audio, whole, ranges) + 1);
      // No click: the error's own largest step is no larger, but for what the rounding to 16 bit makes of it.
      expect(largestJump(audio, broken, ranges)).toBeLessThan(largestJump(audio, whole, ranges) * 1.25 + 16);
    }
    const everywhere = [{ from: 0, to: facts.sampleCount }];
    expect(errorDb(audio, broken, everywhere)).toBeLessThan(errorDb(audio, whole, everywhere) + 0.5);
  });
});

describe("interruptions", () => {
  /** Four segments, the last one of a few frames. */
  const sizes = { ...segmentSizes, frames: 512 };
  const durationSec = (3 * 512 * 1024) / 44_100 + 0.2;

  test("stopped after every piece, the file and its facts are those of an undisturbed run", async () => {
    const audio = await pcm([whiteNoise({ durationSec, seed: 5 })]);
    const undisturbed = await encodeSegmented(audio, { sizes });
    const interrupted = await encodeSegmented(audio, { sizes, interruptEvery: 1 });
    expect(interrupted.bytes.equals(undisturbed.bytes)).toBe(true);
    expect(interrupted.facts).toEqual(undisturbed.facts);
    expect(undisturbed.facts).toMatchObject({
      durationSec: audio.facts.durationSec,
      hasCover: false,
      warnings: [],
    });
    expect(undisturbed.facts.sizeBytes).toBe(undisturbed.bytes.length);
    expect((await readTags(undisturbed.path)).tags).toMatchObject(audio.facts.tags);

    // The sound is where it was, to the sample, from the first to the last one.
    const [decoded = new Int16Array()] = await decode(undisturbed.path, 1);
    expect(decoded.length - audio.facts.sampleCount).toBeGreaterThanOrEqual(0);
    expect(decoded.length - audio.facts.sampleCount).toBeLessThan(1024);
    const ranges = Array.from({ length: 20 }, (_, i) => {
      const from = Math.floor((i * (audio.facts.sampleCount - 4096)) / 19);
      return { from, to: from + 4096 };
    });
    const levelDb = 20 * Math.log10(0.5 / Math.sqrt(3));
    for (const range of ranges) expect(errorDb(audio, [decoded], [range])).toBeLessThan(levelDb - 6);
  });
});

describe("the cover", () => {
  test("is carried over, or dropped with a warning, once for all segments", async () => {
    const audio = await pcm([whiteNoise({ durationSec: 5, seed: 6 })]);
    const withCover = { ...audio, facts: { ...audio.facts, hasCover: true } };
    const picture = await makeFile(dir.path("c.png"), [
      "-f",
      "lavfi",
      "-i",
      "testsrc=s=100x100",
      "-frames:v",
      "1",
    ]);
    // biome-ignore format: one input a line.
    const master = await makeFile(dir.path("m.mp3"), [
      "-i", fileUrl(audio.wavPath), "-i", fileUrl(picture),
      "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic",
    ]);
    const { facts, path } = await encodeSegmented(withCover, { masterPath: master, interruptEvery: 1 });
    expect(facts).toMatchObject({ hasCover: true, warnings: [] });
    const copied = (await readTags(path)).cover?.data;
    expect(Buffer.from(copied ?? []).equals(await readFile(picture))).toBe(true);
    const [decoded = []] = await decode(path, 1);
    expect(decoded.length).toBeGreaterThanOrEqual(audio.facts.sampleCount);
  });
});

describe("the true peak", () => {
  const durationSec = 14;
  const square = (hz: number) =>
    Float32Array.from({ length: durationSec * 44_100 }, (_, i) =>
      Math.sin((2 * Math.PI * hz * i) / 44_100) >= 0 ? 0.9999 : -0.9999,
    );
  const past = async (signals: readonly Float32Array[]) => {
    const audio = await pcm(signals);
    return { ...audio, facts: { ...audio.facts, truePeakDbtp: 1.5 } };
  };

  test("of the whole is what its segments and seams say, and is held to one ceiling by one gain", async () => {
    const audio = await past([square(441), square(997)]);
    const { facts, path } = await encodeSegmented(audio);
    expect(facts).toMatchObject({ ceilingDbtp: 0, masterTruePeakDbtp: 1.5 });
    expect(facts.gainDb).toBeLessThan(-1.5);
    expect(facts.truePeakDbtp).toBeLessThanOrEqual(0);
    const found = 20 * Math.log10(await measureTruePeak(path, 2, {}));
    expect(facts.truePeakDbtp).toBeCloseTo(found, 2);
  });

  test("stopped after every segment that is encoded or lowered, the file and its facts are the same", async () => {
    const audio = await past([square(441)]);
    const undisturbed = await encodeSegmented(audio);
    const interrupted = await encodeSegmented(audio, { interruptEvery: 1 });
    expect(undisturbed.facts.gainDb).toBeLessThan(-1.5);
    expect(interrupted.bytes.equals(undisturbed.bytes)).toBe(true);
    expect(interrupted.facts).toEqual(undisturbed.facts);
  });
});
