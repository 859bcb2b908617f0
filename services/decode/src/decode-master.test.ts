import { readFile, stat, writeFile } from "node:fs/promises";
import { encodeWav } from "@segue/audio";
import { createTestDir, makeFile, readChannel, sine, type TestDir } from "@segue/audio/testing";
import { Pcm } from "@segue/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeMaster } from "./decode-master.ts";

let dir: TestDir;
let count = 0;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const out = () => dir.path("out.wav");

async function decode(path: string, maxDurationSec = 600) {
  const facts = await decodeMaster(path, out(), { maxDurationSec, timeoutMs: 20_000 });
  // Whatever comes out must be what the contract says.
  return Pcm.facts.parse(facts);
}

async function decodeBytes(bytes: Uint8Array) {
  const path = dir.path(`bytes-${count++}.bin`);
  await writeFile(path, bytes);
  return decode(path);
}

async function make(name: string, ...args: string[]): Promise<string> {
  return makeFile(dir.path(name), args);
}

const codes = (facts: { warnings: readonly { code: string }[] }) => facts.warnings.map(({ code }) => code);

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
    await expect(decodeBytes(await bytes())).rejects.toMatchObject({ code, permanent: true });
  });

  test("audio past the limit is too long, whatever its header says", async () => {
    await expect(decode(await make("long.mp3", ...sine({ sec: 12 })), 5)).rejects.toMatchObject({
      code: "too-long",
    });
    expect((await decode(dir.path("long.mp3"), 13)).durationSec).toBeCloseTo(12, 1);
  });
});

const mono = { sampleRateHz: 44_100, channels: 1 };
const image = (extension: string) =>
  make(`image.${extension}`, "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1");
const silentVideo = () => make("video.mkv", "-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=5", "-c:v", "mjpeg");
const m4a = () => make("late-index.m4a", ...sine({ sec: 3 }), "-c:a", "aac");
const flac = () => make("plain.flac", ...sine({ sec: 3 }));

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
    const path = await make(name, ...sine({ sec: 2, channels: 2 }), ...args);
    const facts = await decode(path);
    expect(facts).toMatchObject({ codec, channels: 2, sampleRateHz: 44_100, sourceChannels: 2 });
    if (codec !== "pcm_alaw") expect(facts.bitDepth).toBe(bitDepth);
    // Raw AAC and AC-3 have no place to say how much of the last frames is padding.
    expect(Math.abs(facts.durationSec - 2)).toBeLessThan(0.1);
    expect(codes(facts).filter((code) => code !== "declared-duration-differs")).toEqual([]);
  });

  test("the extension means nothing", async () => {
    const bytes = await readFile(await make("right.flac", ...sine({ sec: 1 })));
    await writeFile(dir.path("wrong.mp3"), bytes);
    expect(await decode(dir.path("wrong.mp3"))).toMatchObject({
      codec: "flac",
      sampleCount: 44_100,
      warnings: [],
    });
  });

  test.each([8000, 11_025, 22_050, 32_000, 48_000, 96_000, 192_000])("%i Hz", async (sampleRateHz) => {
    const facts = await decode(await make(`${sampleRateHz}.wav`, ...sine({ sampleRateHz })));
    expect(facts).toMatchObject({ sourceSampleRateHz: sampleRateHz, warnings: [] });
    expect(Math.abs(facts.sampleCount - 44_100)).toBeLessThanOrEqual(1);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("%i channels", async (channels) => {
    const facts = await decode(await make(`${channels}ch.wav`, ...sine({ channels })));
    expect(facts).toMatchObject({
      sourceChannels: channels,
      channels: Math.min(channels, 2),
      sampleCount: 44_100,
    });
    expect(codes(facts).filter((code) => code !== "channel-layout-guessed")).toEqual([]);
  });
});

describe("sound that is unusual", () => {
  const wav = (samples: ArrayLike<number>, format = mono) =>
    decodeBytes(encodeWav(Int16Array.from(samples), format));

  test("a single sample", async () => {
    expect(await wav([1000])).toMatchObject({ sampleCount: 1, warnings: [] });
  });

  test("0.3 s", async () => {
    expect(await wav(new Int16Array(13_230).fill(5))).toMatchObject({ durationSec: 0.3, warnings: [] });
  });

  test("digital silence stays digital silence", async () => {
    expect(await wav(new Int16Array(44_100))).toMatchObject({ sampleCount: 44_100, warnings: [] });
    expect(new Set(await readChannel(out(), 0, 1))).toEqual(new Set([0]));
  });

  test("a DC offset is kept as it is", async () => {
    await wav(new Int16Array(44_100).fill(8000));
    expect(new Set(await readChannel(out(), 0, 1))).toEqual(new Set([8000]));
  });

  test("clipping is told; a peak that touches full scale is not", async () => {
    const clipped = await make(
      "clipped.wav",
      "-f",
      "lavfi",
      "-i",
      "aevalsrc=3*sin(2*PI*100*t):s=44100:d=1",
      "-c:a",
      "pcm_f32le",
    );
    expect(codes(await decode(clipped))).toEqual(["clipped"]);
    const touching = Int16Array.from({ length: 44_100 }, (_, i) => (i % 2 === 0 ? 32_767 : -32_768));
    expect(codes(await wav(touching))).toEqual([]);
  });

  test("NaN and infinity become silence, and are counted", async () => {
    const samples = Float32Array.from({ length: 44_100 }, (_, i) => 0.25 * Math.sin(i / 20));
    samples[100] = Number.NaN;
    samples[200] = Number.POSITIVE_INFINITY;
    samples[300] = Number.NEGATIVE_INFINITY;
    await writeFile(dir.path("samples.f32"), new Uint8Array(samples.buffer));
    const header = encodeWav(new Int16Array(88_200), mono).subarray(0, 44);
    header.writeUInt16LE(3, 20);
    header.writeUInt32LE(44_100 * 4, 28);
    header.writeUInt16LE(4, 32);
    header.writeUInt16LE(32, 34);
    const facts = await decodeBytes(Buffer.concat([header, new Uint8Array(samples.buffer)]));
    expect(facts.warnings).toEqual([
      { code: "non-finite-samples", message: expect.stringContaining("3 samples") },
    ]);
    const decoded = await readChannel(out(), 0, 1);
    expect([decoded[100], decoded[200], decoded[300]]).toEqual([0, 0, 0]);
    expect(decoded[150]).toBe(Math.round(0.25 * 32768 * Math.sin(150 / 20)));
  });
});

describe("streams beside the audio", () => {
  test("a cover is noted and not decoded", async () => {
    const picture = await image("jpg");
    const path = await make(
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
    expect(await decode(path)).toMatchObject({ codec: "mp3", hasCover: true, warnings: [] });
  });

  test("of several audio streams the first is used", async () => {
    const path = await make(
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
    const facts = await decode(path);
    expect(facts.sampleCount).toBe(44_100);
    expect(codes(facts)).toContain("several-audio-streams");
  });

  test("the audio of a video is used", async () => {
    const path = await make(
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
    expect(await decode(path)).toMatchObject({ codec: "aac", channels: 1 });
  });

  test("tags are read, and carry no NULs", async () => {
    const path = await make(
      "tags.flac",
      ...sine({}),
      "-metadata",
      "title=Ünï ☃",
      "-metadata",
      "artist=A",
      "-metadata",
      "album=B",
    );
    expect((await decode(path)).tags).toMatchObject({ title: "Ünï ☃", artist: "A", album: "B" });
  });

  test("ten megabytes of tags are no reason to fail", async () => {
    const bytes = await readFile(await make("small.mp3", ...sine({}), "-id3v2_version", "0"));
    const size = 10 * 2 ** 20;
    const frame = Buffer.alloc(size);
    frame.write("TIT2", 0, "latin1");
    frame.writeUInt32BE(size - 10, 4);
    frame.fill(0x41, 11);
    const syncsafe = Buffer.from([21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f));
    const facts = await decodeBytes(
      Buffer.concat([Buffer.from("ID3\x03\0\0", "latin1"), syncsafe, frame, bytes]),
    );
    expect(facts.codec).toBe("mp3");
    expect(facts.tags.title?.length).toBe(1000);
  });
});

describe("headers that lie", () => {
  test("a length that is too long is called truncated; the count is of samples", async () => {
    const wav = encodeWav(new Int16Array(44_100), mono);
    const flacBytes = await readFile(await flac());
    const facts = await decodeBytes(flacBytes.subarray(0, Math.floor(flacBytes.length / 2)));
    expect(facts.declaredDurationSec).toBe(3);
    expect(facts.durationSec).toBeLessThan(2);
    expect(codes(facts)).toContain("truncated");
    wav.writeUInt32LE(0x7fffffff, 40);
    expect((await decodeBytes(wav)).sampleCount).toBe(44_100);
  });

  test("a length that is too short is told, and what the header allows is decoded", async () => {
    const wav = encodeWav(new Int16Array(88_200), mono);
    wav.writeUInt32LE(44_100, 40);
    expect((await decodeBytes(wav)).sampleCount).toBeGreaterThanOrEqual(22_050);
  });

  test("VBR without a header: the guessed duration is not believed", async () => {
    const source = "aevalsrc='if(lt(t,2),0,random(0)-0.5)':s=44100:d=10";
    const path = await make("vbr.mp3", "-f", "lavfi", "-i", source, "-q:a", "0", "-write_xing", "0");
    const facts = await decode(path);
    expect(Math.abs(facts.durationSec - 10)).toBeLessThan(0.1);
    expect(codes(facts)).not.toContain("truncated");
  });

  test.each([
    ["rate 0", 24, 0],
    ["rate 4 GHz", 24, 0xffffffff],
    ["channels 0", 22, 0],
  ])("%s ends in one outcome", async (_, offset, value) => {
    const wav = encodeWav(new Int16Array(1000), mono);
    if (offset === 22) wav.writeUInt16LE(value, offset);
    else wav.writeUInt32LE(value, offset);
    await expect(decodeBytes(wav)).rejects.toMatchObject({ permanent: true });
  });
});

describe("cut off at any byte", () => {
  test.each(["cut.mp3", "cut.flac", "cut.ogg", "cut.m4a", "cut.wav"])("%s", async (name) => {
    const args = name.endsWith("m4a") ? ["-movflags", "+faststart"] : [];
    const bytes = await readFile(await make(name, ...sine({ sec: 1, channels: 2 }), ...args));
    const cuts = [1, 2, 3, 4, 7, 11, 12, 20, 40, 43, 44, 45, 46, 47, 48, 64, 100, 128, 200, 400, 1000, 2000];
    for (const cut of [...cuts, bytes.length - 100, bytes.length - 1].filter((at) => at < bytes.length)) {
      const outcome = await decodeBytes(bytes.subarray(0, cut)).catch((error: unknown) => error);
      if (outcome instanceof Error)
        expect(outcome, `${name} cut at ${cut}`).toMatchObject({ permanent: true });
      else expect(outcome, `${name} cut at ${cut}`).toMatchObject({ channels: 2 });
    }
  });

  test("damage in the middle costs only what it hits", async () => {
    const bytes = await readFile(await make("damaged.mp3", ...sine({ sec: 10 })));
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0x55, middle, middle + 5000);
    const facts = await decodeBytes(bytes);
    expect(facts.durationSec).toBeGreaterThan(9);
    expect(codes(facts)).toContain("decode-errors");
  });
});

test("files with random bytes overwritten each end in one typed outcome", async () => {
  const names = [
    "fuzz.mp3",
    "fuzz.flac",
    "fuzz.ogg",
    "fuzz.m4a",
    "fuzz.wav",
    "fuzz.mka",
    "fuzz.aiff",
    "fuzz.wv",
  ];
  let state = 7;
  const below = (limit: number) => {
    state = (state * 48_271) % 0x7fffffff;
    return state % limit;
  };
  for (const name of names) {
    const original = await readFile(await make(name, ...sine({ sec: 1, channels: 2 })));
    for (let round = 0; round < 6; round++) {
      const bytes = Buffer.from(original);
      // Every other round aims at the headers.
      const reach = round % 2 === 0 ? bytes.length : Math.min(600, bytes.length);
      for (let hits = below(12); hits >= 0; hits--) bytes[below(reach)] = below(256);
      const outcome = await decodeBytes(bytes).catch((error: unknown) => error);
      if (outcome instanceof Error)
        expect(outcome, `${name}, round ${round}`).toMatchObject({ permanent: true });
    }
  }
});

test("a header that would blow a small file up to days of audio is bounded", async () => {
  const wav = encodeWav(new Int16Array(500_000), { sampleRateHz: 1, channels: 1 });
  await writeFile(dir.path("slow.wav"), wav);
  await expect(decode(dir.path("slow.wav"), 20)).rejects.toMatchObject({ permanent: true });
  expect((await stat(out())).size).toBeLessThan(22 * 44_100 * 2);
});

test("a full disk is no verdict on the file", async () => {
  const path = await make("fine.wav", ...sine({}));
  const decoding = decodeMaster(path, "/dev/full", { maxDurationSec: 600, timeoutMs: 20_000 });
  await expect(decoding).rejects.toMatchObject({ permanent: false });
});
