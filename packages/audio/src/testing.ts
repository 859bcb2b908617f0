import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FactsOf, Pcm } from "@segue/contracts";
import {
  canonicalSampleRateHz,
  createLoudnessMeter,
  encodeEnergiesHead,
  encodeWav,
  readWavChunks,
} from "@segue/dsp";
import { fileUrl } from "./demuxers.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";

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

/** Writes canonical PCM, samples in -1 to 1, with its energies, and gives it as a step's input for a test. */
export async function writePcm(
  path: string,
  channels: readonly ArrayLike<number>[],
): Promise<{ path: string; facts: FactsOf<typeof Pcm> }> {
  const sampleCount = channels[0]?.length ?? 0;
  const floats = new Float32Array(sampleCount * channels.length);
  for (const [channel, values] of channels.entries()) {
    for (let i = 0; i < sampleCount; i++) floats[i * channels.length + channel] = values[i] ?? 0;
  }
  const samples = Int16Array.from(floats, (value) =>
    Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))),
  );
  const meter = createLoudnessMeter({
    weights: channels.map(() => 1),
    sampleRateHz: canonicalSampleRateHz,
  });
  const energies = meter.measure(floats);
  const truePeak = meter.flush();
  const wav = encodeWav(samples, { sampleRateHz: canonicalSampleRateHz, channels: channels.length });
  const tail = [encodeEnergiesHead(energies.length), new Uint8Array(energies.buffer)];
  await writeFile(path, Buffer.concat([wav, ...tail]));
  const truePeakDbtp = truePeak === 0 ? null : Math.round(2000 * Math.log10(truePeak)) / 100;
  return { path, facts: { ...pcmFactsOf(sampleCount, channels.length), truePeakDbtp } };
}

/** What ffmpeg's `ebur128` filter measures of a file, as it decodes it: a second opinion. */
export async function measureWithFfmpeg(
  path: string,
  metadataPath: string,
): Promise<{ integratedLufs: number; rangeLu: number; truePeakDbtp: number }> {
  const filter = `ebur128=metadata=1:peak=true,ametadata=print:file=${metadataPath}`;
  await runFfmpeg(["-i", path, "-af", filter, "-f", "null", "-"]);
  const text = await readFile(metadataPath, "utf8");
  const last = (key: string) => Number(text.slice(text.lastIndexOf(`lavfi.r128.${key}=`)).split(/[=\n]/)[1]);
  const peaks = [...new Set(text.match(/true_peaks_ch\d+/g))].map(last);
  return {
    integratedLufs: last("I"),
    rangeLu: last("LRA"),
    truePeakDbtp: 20 * Math.log10(Math.max(...peaks)),
  };
}

/** Whether the ffmpeg in use has that filter; some builds leave out what they can. */
export async function hasFilter(name: string): Promise<boolean> {
  let text = "";
  await runFfmpeg(["-h", `filter=${name}`], { onStdout: (chunk) => (text += chunk.toString("latin1")) });
  return text.includes(`Filter ${name}`);
}

/** Whether ffmpeg's own loudness meter is there to measure beside ours; where it is not, that is said aloud. */
export async function hasReferenceMeter(): Promise<boolean> {
  const isThere = await hasFilter("ebur128");
  if (!isThere) console.warn("SKIPPED where ffmpeg's ebur128 is the reference: this build has none");
  return isThere;
}
