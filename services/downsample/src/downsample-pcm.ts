import { writeFile } from "node:fs/promises";
import { fileUrl, gainFilter, inputArgs, monoFilter, resampleFilter, runFfmpeg } from "@segue/audio";
import type { FactsOf, Mono16k, PcmFacts } from "@segue/contracts";
import { analysisSampleRateHz, canonicalSampleRateHz, encodeWav, readWavInfo } from "@segue/dsp";
import type { z } from "zod";
import { type LevelSums, levelsOf, measureLevels, measureSamples } from "./measure-levels.ts";
import { mixInQuadrature } from "./mix-in-quadrature.ts";

export interface DownsampleOptions {
  readonly signal?: AbortSignal;
  /** Called with the id of the child process, which leads its own process group. */
  readonly onSpawn?: (pid: number) => void;
}

/** Peaks below it, in dB relative to full scale, are no sound: 33 steps of 16 bit. */
const silenceBelowDb = -60;

/** What has to be known of canonical PCM to make one channel of it. */
export type MonoSource = Pick<z.infer<typeof PcmFacts>, "channels" | "gainDb" | "channelsCancel">;

/**
 * Brings canonical PCM to what analysers consume: 16 kHz, one channel at its own level, 16-bit WAV at `outPath`. The channel is the mean
 * of the two, or, where that would lose sound, both of them a quarter turn apart (`mixInQuadrature`).
 * @throws {FfmpegError} when ffmpeg fails: transient, since the input is our own.
 */
export async function downsamplePcm(
  pcmPath: string,
  outPath: string,
  source: MonoSource,
  options: DownsampleOptions,
): Promise<FactsOf<typeof Mono16k>> {
  const input = [...inputArgs, "-i", fileUrl(pcmPath)];
  if (source.channelsCancel) {
    const samples = await resample(input, source, options);
    await writeFile(outPath, encodeWav(samples, { sampleRateHz: analysisSampleRateHz, channels: 1 }));
    return describeMono(source, samples.length, measureSamples(samples));
  }
  const sink = ["-bitexact", "-f", "wav", "-y", fileUrl(outPath)];
  await runFfmpeg([...input, ...outputArgs(source), ...sink], options);
  const { sampleCount } = await readWavInfo(outPath);
  return describeMono(source, sampleCount, await measureLevels(outPath));
}

/**
 * The same samples of a stretch of canonical PCM without its header.
 * @returns 16 kHz mono: 32 KB a second.
 */
export async function resampleRaw(
  rawPath: string,
  source: MonoSource,
  options: DownsampleOptions,
): Promise<Int16Array> {
  const format = ["-f", "s16le", "-ar", String(canonicalSampleRateHz), "-ac", String(source.channels)];
  const input = ["-protocol_whitelist", "file,pipe", "-threads", "1", ...format, "-i", fileUrl(rawPath)];
  return resample(input, source, options);
}

async function resample(
  input: readonly string[],
  source: MonoSource,
  options: DownsampleOptions,
): Promise<Int16Array> {
  const chunks: Buffer[] = [];
  const onStdout = (chunk: Buffer) => chunks.push(chunk);
  await runFfmpeg([...input, ...outputArgs(source), "-f", "s16le", "pipe:1"], { ...options, onStdout });
  const bytes = Uint8Array.from(Buffer.concat(chunks));
  const samples = new Int16Array(bytes.buffer, 0, Math.floor(bytes.length / 2));
  return source.channelsCancel ? mixInQuadrature(samples) : samples;
}

function outputArgs({ channels, gainDb = 0, channelsCancel = false }: MonoSource): string[] {
  const filters = [
    gainFilter(gainDb),
    channelsCancel ? null : monoFilter(channels),
    resampleFilter(analysisSampleRateHz),
  ].filter((filter) => filter !== null);
  const map = ["-map", "0:a:0", "-map_metadata", "-1", "-af", filters.join(",")];
  return [...map, "-c:a", "pcm_s16le", "-threads", "1"];
}

export function describeMono(
  { channelsCancel = false }: MonoSource,
  sampleCount: number,
  sums: LevelSums,
): FactsOf<typeof Mono16k> {
  const { peakDb, rmsDb } = levelsOf(sums);
  const silent = peakDb === null || peakDb < silenceBelowDb;
  const durationSec = sampleCount / analysisSampleRateHz;
  const mix = channelsCancel ? "quadrature" : "mean";
  return { sampleRateHz: analysisSampleRateHz, sampleCount, durationSec, peakDb, rmsDb, silent, mix };
}
