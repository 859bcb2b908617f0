// Unusual, but good: what a decoder must take in its stride.
import { sine } from "@segue/audio/testing";
import { randomBytes } from "./bytes.ts";
import { done, doneSomehow, doneWith, filesOf, type HostileFile, type Row } from "./hostile-file.ts";
import { id3, pictureFrame } from "./id3-bytes.ts";
import { webp } from "./no-audio.ts";
import type { Studio } from "./studio.ts";
import { samples16, samplesFloat, sine440, wavOf } from "./wav-bytes.ts";

const ratesHz = [8_000, 11_025, 16_000, 22_050, 32_000, 48_000, 88_200, 96_000, 192_000];

export function formats(studio: Studio): HostileFile[] {
  const codec = (name: string, extension: string, ...args: string[]): Row => [
    name,
    () => studio.tone(extension, ...args),
    doneWith({ sourceChannels: 2 }),
    doneWith({ sourceChannels: 2 }, "declared-duration-differs"),
  ];
  const depth = (name: string, coder: string, bitDepth: number | null): Row => [
    name,
    () => studio.tone("wav", "-c:a", coder),
    doneWith({ codec: coder, ...(bitDepth === null ? {} : { bitDepth }) }),
  ];
  return filesOf([
    ...ratesHz.map(
      (sampleRateHz): Row => [
        `${sampleRateHz} Hz`,
        () => studio.make("wav", ...sine({ sampleRateHz })),
        doneWith({ sourceSampleRateHz: sampleRateHz, sampleRateHz: 44_100 }),
      ],
    ),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map(
      (channels): Row => [
        `${channels} channels`,
        () => studio.make("wav", ...sine({ channels })),
        doneWith({ sourceChannels: channels, channels: Math.min(channels, 2) }),
        doneWith({ sourceChannels: channels, channels: 2 }, "channel-layout-guessed"),
      ],
    ),
    depth("8 bit", "pcm_u8", 8),
    depth("24 bit", "pcm_s24le", 24),
    depth("32 bit", "pcm_s32le", 32),
    depth("float of 32 bit", "pcm_f32le", 32),
    depth("float of 64 bit", "pcm_f64le", 64),
    depth("A-law", "pcm_alaw", null),
    depth("ADPCM", "adpcm_ima_wav", null),
    codec("Opus", "opus", "-c:a", "libopus", "-ar", "48000"),
    codec("raw AAC", "aac", "-c:a", "aac"),
    codec("ALAC", "m4a", "-c:a", "alac"),
    codec("WavPack", "wv"),
    codec("TTA", "tta"),
    codec("AC-3", "ac3"),
    codec("MPEG layer 2", "mp2"),
    codec("WMA", "wma"),
    codec("CAF", "caf"),
    codec("Wave64", "w64"),
    codec("FLAC in Matroska", "mka", "-c:a", "flac"),
    codec("Opus in WebM", "webm", "-c:a", "libopus", "-ar", "48000"),
  ]);
}

export function sounds(): HostileFile[] {
  const second = 44_100;
  const wav = (durationSec: number, wave: (timeSec: number) => number) => () =>
    wavOf(samples16(durationSec, wave));
  const float = (wave: (index: number) => number) => () =>
    wavOf(samplesFloat(second, wave), { formatTag: 3, bits: 32 });
  const tone = (index: number) => 0.25 * Math.sin(index / 20);
  return filesOf([
    ["digital silence", wav(2, () => 0), done()],
    ["a single sample", () => wavOf(samples16(1 / second, () => 0.5)), doneWith({ sampleCount: 1 })],
    ["two samples", () => wavOf(samples16(2 / second, () => 0.5)), doneWith({ sampleCount: 2 })],
    ["10 ms", wav(0.01, sine440), doneWith({ sampleCount: 441 })],
    ["0.3 s", wav(0.3, sine440), doneWith({ sampleCount: 13_230 })],
    ["clipped", wav(1, (time) => 8 * sine440(time)), done("clipped")],
    ["full scale, always", wav(1, () => 1), done("clipped")],
    ["a direct current", wav(1, () => 0.7), done()],
    ["a sine on a direct current", wav(1, (time) => 0.4 + sine440(time)), done()],
    ["the highest tone there is", wav(1, (time) => Math.cos(Math.PI * second * time)), done()],
    ["one click", wav(1, (time) => (time === 0.5 ? 1 : 0)), done()],
    ["NaN here and there", float((i) => (i % 1000 === 7 ? Number.NaN : tone(i))), done("non-finite-samples")],
    [
      "infinities",
      float((i) => (i % 1000 === 7 ? Number.NEGATIVE_INFINITY : tone(i))),
      done("non-finite-samples"),
    ],
    ["NaN alone", float(() => Number.NaN), done("non-finite-samples")],
    ["float far past full scale", float((i) => 1e30 * tone(i)), done("clipped")],
    ["denormal floats", float((i) => 1e-42 * tone(i)), done()],
  ]);
}

export function streams(studio: Studio): HostileFile[] {
  const picture = (extension: string, ...args: string[]) =>
    studio.make(extension, "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", ...args);
  const mp3With = async (mimeType: string, bytes: Uint8Array) =>
    Buffer.concat([id3([pictureFrame(mimeType, bytes)]), await studio.tone("mp3", "-id3v2_version", "0")]);
  const several = (extension: string, count: number, coder: string) =>
    studio.make(
      extension,
      ...sine({}),
      ...Array.from({ length: count }, () => ["-map", "0"]).flat(),
      // Low enough for no build's encoder to overshoot full scale where the tone sets in.
      ...["-af", "volume=0.25", "-c:a", coder, "-threads", "1"],
    );
  const covered = doneWith({ hasCover: true });
  // Some builds of ffmpeg look into the picture, and count what they find there as errors.
  const coveredBadly = [covered, doneWith({ hasCover: true }, "decode-errors")] as const;
  return filesOf([
    ["a JPEG cover", async () => mp3With("image/jpeg", await picture("jpg")), covered],
    ["a PNG cover", async () => mp3With("image/png", await picture("png")), covered],
    ["a WebP cover named JPEG", () => mp3With("image/jpeg", webp), covered],
    [
      "a cover cut off",
      async () => mp3With("image/jpeg", (await picture("jpg")).subarray(0, 200)),
      ...coveredBadly,
    ],
    ["a cover of noise", () => mp3With("image/png", randomBytes(5_000, 4)), ...coveredBadly],
    ["a cover of no bytes", () => mp3With("image/png", Buffer.alloc(0)), doneSomehow],
    ["a cover of 8 MB", () => mp3With("image/jpeg", randomBytes(8 * 2 ** 20, 5)), ...coveredBadly],
    [
      "300 covers",
      async () => {
        const image = await picture("jpg");
        const frames = Array.from({ length: 300 }, () => pictureFrame("image/jpeg", image));
        return Buffer.concat([id3(frames), await studio.tone("mp3", "-id3v2_version", "0")]);
      },
      covered,
    ],
    ["two audio streams", () => several("mka", 2, "flac"), done("several-audio-streams")],
    ["12 audio streams", () => several("mka", 12, "flac"), done("several-audio-streams")],
    ["two audio streams in MP4", () => several("mp4", 2, "aac"), done("several-audio-streams")],
  ]);
}
