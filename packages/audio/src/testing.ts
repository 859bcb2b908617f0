import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FactsOf, Pcm } from "@segue/contracts";
import { fileUrl } from "./demuxers.ts";
import { canonicalSampleRateHz } from "./filters.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";
import { encodeWav, readWavChunks } from "./wav.ts";

/** A directory for one test file, removed by `dispose`. */
export interface TestDir {
  path(name: string): string;
  dispose(): Promise<void>;
}

export async function createTestDir(): Promise<TestDir> {
  const directory = await mkdtemp(join(tmpdir(), "segue-audio-"));
  return {
    path: (name) => join(directory, name),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Writes a file with ffmpeg: the arguments up to the output's name, sources of its own (`-f lavfi`) included. */
export async function makeFile(path: string, args: readonly string[]): Promise<string> {
  await runFfmpeg([...args, "-y", fileUrl(path)]);
  return path;
}

/** Arguments of a sine wave as a source. */
export function sine(options: {
  hz?: number;
  sec?: number;
  sampleRateHz?: number;
  channels?: number;
}): string[] {
  const { hz = 440, sec = 1, sampleRateHz = 44_100, channels = 1 } = options;
  const expression = Array.from({ length: channels }, () => `0.5*sin(2*PI*${hz}*t)`).join("|");
  return ["-f", "lavfi", "-i", `aevalsrc=${expression}:s=${sampleRateHz}:d=${sec}`];
}

/** One channel of a WAV. */
export async function readChannel(path: string, channel: number, channels: number): Promise<Int16Array> {
  const samples: number[] = [];
  for await (const chunk of readWavChunks(path)) {
    for (let i = channel; i < chunk.length; i += channels) samples.push(chunk[i] ?? 0);
  }
  return Int16Array.from(samples);
}

/** Amplitude of one frequency in a signal, in the signal's unit: a sine of amplitude A measures A. */
export function amplitudeAt(samples: Int16Array, hz: number, sampleRateHz: number): number {
  let re = 0;
  let im = 0;
  let weights = 0;
  samples.forEach((sample, i) => {
    // A Hann window keeps what is not a whole number of periods from leaking.
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length);
    const phase = (2 * Math.PI * hz * i) / sampleRateHz;
    re += weight * sample * Math.cos(phase);
    im -= weight * sample * Math.sin(phase);
    weights += weight;
  });
  return (2 * Math.hypot(re, im)) / weights;
}

/** What decoding would say of `sampleCount` frames of canonical PCM. */
export function pcmFactsOf(sampleCount: number, channels: number): FactsOf<typeof Pcm> {
  return {
    codec: "flac",
    container: "flac",
    bitDepth: 16,
    bitRateKbps: null,
    sourceSampleRateHz: canonicalSampleRateHz,
    sourceChannels: channels,
    channelLayout: null,
    declaredDurationSec: null,
    durationSec: sampleCount / canonicalSampleRateHz,
    sampleCount,
    sampleRateHz: canonicalSampleRateHz,
    channels,
    tags: {},
    hasCover: false,
    warnings: [],
  };
}

/** Writes canonical PCM, samples in -1 to 1, and gives it as a step's input for a test. */
export async function writePcm(
  path: string,
  channels: readonly ArrayLike<number>[],
): Promise<{ path: string; facts: FactsOf<typeof Pcm> }> {
  const sampleCount = channels[0]?.length ?? 0;
  const samples = new Int16Array(sampleCount * channels.length);
  for (const [channel, values] of channels.entries()) {
    for (let i = 0; i < sampleCount; i++) {
      const rounded = Math.round((values[i] ?? 0) * 32_768);
      samples[i * channels.length + channel] = Math.max(-32_768, Math.min(32_767, rounded));
    }
  }
  await writeFile(
    path,
    encodeWav(samples, { sampleRateHz: canonicalSampleRateHz, channels: channels.length }),
  );
  return { path, facts: pcmFactsOf(sampleCount, channels.length) };
}
