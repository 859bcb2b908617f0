import { readFile, writeFile } from "node:fs/promises";
import { readChannel, sine } from "@segue/audio/testing";
import { encodeWav } from "@segue/dsp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codesOf, createHarness, mono } from "./decode-harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.dir.dispose());

const image = (extension: string) =>
  harness.make(`image.${extension}`, "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1");
const silentVideo = () =>
  harness.make("video.mkv", "-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=5", "-c:v", "mjpeg");
const m4a = () => harness.make("late-index.m4a", ...sine({ sec: 3 }), "-c:a", "aac");
const flac = () => harness.make("plain.flac", ...sine({ sec: 3 }));

describe("files that end in one permanent error", () => {
  test.each<[what: string, bytes: () => Buffer | Promise<Buffer>, code: string]>([
    ["an empty file", () => Buffer.alloc(0), "empty-file"],
    ["one byte", () => Buffer.from("x"), "not-audio"],
    ["text", () => Buffer.from("All work and no play makes Jack a dull boy.\n".repeat(500)), "not-audio"],
    ["zeros", () => Buffer.alloc(100_000), "not-audio"],
    ["a PNG image", async () => readFile(await image("png")), "not-audio"],
    ["a playlist", () => Buffer.from("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.mp3\n"), "forbidden-input"],
    ["a video without audio", async () => readFile(await silentVideo()), "no-audio-stream"],
    ["a WAV header without samples", () => encodeWav(new Int16Array(0), mono), "no-samples-decoded"],
    [
      "an MP4 cut off before its index",
      async () => (await readFile(await m4a())).subarray(0, 15_000),
      "no-samples-decoded",
    ],
    ["a FLAC header alone", async () => (await readFile(await flac())).subarray(0, 60), "no-samples-decoded"],
  ])("%s", async (_, bytes, code) => {
    await expect(harness.decodeBytes(await bytes())).rejects.toMatchObject({ code, permanent: true });
  });

  test("audio past the limit is too long, whatever its header says", async () => {
    await expect(
      harness.decode(await harness.make("long.mp3", ...sine({ sec: 12 })), 5),
    ).rejects.toMatchObject({
      code: "too-long",
    });
    expect((await harness.decode(harness.dir.path("long.mp3"), 13)).durationSec).toBeCloseTo(12, 1);
  });
});

describe("codecs and containers", () => {
  test.each<[name: string, codec: string, args: string[], bitDepth: number | null]>([
    ["a.mp3", "mp3", ["-c:a", "libmp3lame"], null],
    ["a.ogg", "vorbis", ["-c:a", "libvorbis"], null],
    ["a.opus", "opus", ["-c:a", "libopus", "-ar", "48000"], null],
    ["a.m4a", "aac", ["-c:a", "aac"], null],
    ["a.aac", "aac", ["-c:a", "aac", "-f", "adts"], null],
    ["alac.m4a", "alac", ["-c:a", "alac", "-sample_fmt", "s16p"], 16],
    ["a.flac", "flac", ["-sample_fmt", "s16"], 16],
    ["24.flac", "flac", ["-sample_fmt", "s32"], 24],
    ["a.wv", "wavpack", ["-sample_fmt", "s16p"], 16],
    ["a.aiff", "pcm_s16be", [], 16],
    ["a.w64", "pcm_s16le", [], 16],
    ["a.au", "pcm_s16be", [], 16],
    ["a.ac3", "ac3", [], null],
    ["a.mka", "flac", ["-c:a", "flac", "-sample_fmt", "s16"], 16],
    ["a.webm", "opus", ["-c:a", "libopus", "-ar", "48000"], null],
    ["u8.wav", "pcm_u8", ["-c:a", "pcm_u8"], 8],
    ["s16.wav", "pcm_s16le", ["-c:a", "pcm_s16le"], 16],
    ["s24.wav", "pcm_s24le", ["-c:a", "pcm_s24le"], 24],
    ["s32.wav", "pcm_s32le", ["-c:a", "pcm_s32le"], 32],
    ["f32.wav", "pcm_f32le", ["-c:a", "pcm_f32le"], 32],
    ["f64.wav", "pcm_f64le", ["-c:a", "pcm_f64le"], 64],
    ["alaw.wav", "pcm_alaw", ["-c:a", "pcm_alaw", "-ar", "8000"], null],
  ])("%s", async (name, codec, args, bitDepth) => {
    const path = await harness.make(name, ...sine({ sec: 2, channels: 2 }), ...args);
    const facts = await harness.decode(path);
    expect(facts).toMatchObject({ codec, channels: 2, sampleRateHz: 44_100, sourceChannels: 2 });
    if (codec !== "pcm_alaw") expect(facts.bitDepth).toBe(bitDepth);
    // Raw AAC and AC-3 have no place to say how much of the last frames is padding.
    expect(Math.abs(facts.durationSec - 2)).toBeLessThan(0.1);
    expect(codesOf(facts).filter((code) => code !== "declared-duration-differs")).toEqual([]);
  });

  test("the extension means nothing", async () => {
    const bytes = await readFile(await harness.make("right.flac", ...sine({ sec: 1 })));
    await writeFile(harness.dir.path("wrong.mp3"), bytes);
    expect(await harness.decode(harness.dir.path("wrong.mp3"))).toMatchObject({
      codec: "flac",
      sampleCount: 44_100,
      warnings: [],
    });
  });

  test.each([8000, 11_025, 22_050, 32_000, 48_000, 96_000, 192_000])("%i Hz", async (sampleRateHz) => {
    const facts = await harness.decode(await harness.make(`${sampleRateHz}.wav`, ...sine({ sampleRateHz })));
    expect(facts).toMatchObject({ sourceSampleRateHz: sampleRateHz, warnings: [] });
    expect(Math.abs(facts.sampleCount - 44_100)).toBeLessThanOrEqual(1);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("%i channels", async (channels) => {
    const facts = await harness.decode(await harness.make(`${channels}ch.wav`, ...sine({ channels })));
    expect(facts).toMatchObject({
      sourceChannels: channels,
      channels: Math.min(channels, 2),
      sampleCount: 44_100,
    });
    expect(codesOf(facts).filter((code) => code !== "channel-layout-guessed")).toEqual([]);
  });
});

describe("sound that is unusual", () => {
  const wav = (samples: ArrayLike<number>, format = mono) =>
    harness.decodeBytes(encodeWav(Int16Array.from(samples), format));

  test("a single sample", async () => {
    expect(await wav([1000])).toMatchObject({ sampleCount: 1, warnings: [] });
  });

  test("0.3 s", async () => {
    expect(await wav(new Int16Array(13_230).fill(5))).toMatchObject({ durationSec: 0.3, warnings: [] });
  });

  test("digital silence stays digital silence", async () => {
    expect(await wav(new Int16Array(44_100))).toMatchObject({ sampleCount: 44_100, warnings: [] });
    expect(new Set(await readChannel(harness.out, 0, 1))).toEqual(new Set([0]));
  });

  test("a DC offset is kept as it is", async () => {
    await wav(new Int16Array(44_100).fill(8000));
    expect(new Set(await readChannel(harness.out, 0, 1))).toEqual(new Set([8000]));
  });

  test("clipping is told; a peak that touches full scale is not", async () => {
    const clipped = await harness.make(
      "clipped.wav",
      "-f",
      "lavfi",
      "-i",
      "aevalsrc=3*sin(2*PI*100*t):s=44100:d=1",
      "-c:a",
      "pcm_f32le",
    );
    expect(codesOf(await harness.decode(clipped))).toEqual(["clipped"]);
    const touching = Int16Array.from({ length: 44_100 }, (_, i) => (i % 2 === 0 ? 32_767 : -32_768));
    expect(codesOf(await wav(touching))).toEqual([]);
  });

  test("NaN and infinity become silence, and are counted", async () => {
    const samples = Float32Array.from({ length: 44_100 }, (_, i) => 0.25 * Math.sin(i / 20));
    samples[100] = Number.NaN;
    samples[200] = Number.POSITIVE_INFINITY;
    samples[300] = Number.NEGATIVE_INFINITY;
    await writeFile(harness.dir.path("samples.f32"), new Uint8Array(samples.buffer));
    const header = encodeWav(new Int16Array(88_200), mono).subarray(0, 44);
    header.writeUInt16LE(3, 20);
    header.writeUInt32LE(44_100 * 4, 28);
    header.writeUInt16LE(4, 32);
    header.writeUInt16LE(32, 34);
    const facts = await harness.decodeBytes(Buffer.concat([header, new Uint8Array(samples.buffer)]));
    expect(facts.warnings).toEqual([
      { code: "non-finite-samples", message: expect.stringContaining("3 samples") },
    ]);
    const decoded = await readChannel(harness.out, 0, 1);
    expect([decoded[100], decoded[200], decoded[300]]).toEqual([0, 0, 0]);
    // Floating point is stored with 6 dB of room.
    expect(facts.gainDb).toBeCloseTo(20 * Math.log10(2), 5);
    expect(decoded[150]).toBe(Math.round(0.125 * 32768 * Math.sin(150 / 20)));
  });
});

describe("streams beside the audio", () => {
  test("a cover is noted and not decoded", async () => {
    const picture = await image("jpg");
    const path = await harness.make(
      "cover.mp3",
      ...sine({}),
      "-i",
      picture,
      "-map",
      "0",
      "-map",
      "1",
      "-c:v",
      "copy",
      "-disposition:v",
      "attached_pic",
    );
    expect(await harness.decode(path)).toMatchObject({ codec: "mp3", hasCover: true, warnings: [] });
  });

  test("of several audio streams the first is used", async () => {
    const path = await harness.make(
      "two.mka",
      ...sine({ hz: 440 }),
      ...sine({ hz: 880, sec: 2 }),
      "-map",
      "0",
      "-map",
      "1",
      "-c:a",
      "flac",
    );
    const facts = await harness.decode(path);
    expect(facts.sampleCount).toBe(44_100);
    expect(codesOf(facts)).toContain("several-audio-streams");
  });

  test("the audio of a video is used", async () => {
    const path = await harness.make(
      "film.mp4",
      "-f",
      "lavfi",
      "-i",
      "testsrc=d=1:s=64x64:r=5",
      ...sine({}),
      "-map",
      "0",
      "-map",
      "1",
      "-c:v",
      "mpeg4",
      "-c:a",
      "aac",
    );
    expect(await harness.decode(path)).toMatchObject({ codec: "aac", channels: 1 });
  });

  test("tags are read, and carry no NULs", async () => {
    const path = await harness.make(
      "tags.flac",
      ...sine({}),
      "-metadata",
      "title=Ünï ☃",
      "-metadata",
      "artist=A",
      "-metadata",
      "album=B",
    );
    expect((await harness.decode(path)).tags).toMatchObject({ title: "Ünï ☃", artist: "A", album: "B" });
  });

  test("ten megabytes of tags are no reason to fail", async () => {
    const bytes = await readFile(await harness.make("small.mp3", ...sine({}), "-id3v2_version", "0"));
    const size = 10 * 2 ** 20;
    const frame = Buffer.alloc(size);
    frame.write("TIT2", 0, "latin1");
    frame.writeUInt32BE(size - 10, 4);
    frame.fill(0x41, 11);
    const syncsafe = Buffer.from([21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f));
    const facts = await harness.decodeBytes(
      Buffer.concat([Buffer.from("ID3\x03\0\0", "latin1"), syncsafe, frame, bytes]),
    );
    expect(facts.codec).toBe("mp3");
    expect(facts.tags.title?.length).toBe(1000);
  });
});
