import {
  analysisSampleRateHz,
  canonicalSampleRateHz,
  fileUrl,
  inputArgs,
  monoFilter,
  readWavInfo,
  resampleFilter,
  runFfmpeg,
} from "@segue/audio";
import type { FactsOf, Mono16k } from "@segue/contracts";
import { type LevelSums, levelsOf, measureLevels } from "./measure-levels.ts";

export interface DownsampleOptions {
  readonly signal?: AbortSignal;
  /** Called with the id of the child process, which leads its own process group. */
  readonly onSpawn?: (pid: number) => void;
}

/** Peaks below it, in dB relative to full scale, are no sound: 33 steps of 16 bit. */
const silenceBelowDb = -60;

/**
 * Brings canonical PCM to what analysers consume: 16 kHz, the mean of its channels, 16-bit WAV at `outPath`.
 * @throws {FfmpegError} when ffmpeg fails: transient, since the input is our own.
 */
export async function downsamplePcm(
  pcmPath: string,
  outPath: string,
  options: DownsampleOptions,
): Promise<FactsOf<typeof Mono16k>> {
  const { channels } = await readWavInfo(pcmPath);
  const input = [...inputArgs, "-i", fileUrl(pcmPath)];
  const sink = ["-bitexact", "-f", "wav", "-y", fileUrl(outPath)];
  await runFfmpeg([...input, ...outputArgs(channels), ...sink], options);
  const { sampleCount } = await readWavInfo(outPath);
  return describeMono(sampleCount, await measureLevels(outPath));
}

/**
 * The same samples of a stretch of canonical PCM without its header.
 * @returns 16 kHz mono: 32 KB a second.
 */
export async function resampleRaw(
  rawPath: string,
  channels: number,
  options: DownsampleOptions,
): Promise<Int16Array> {
  const format = ["-f", "s16le", "-ar", String(canonicalSampleRateHz), "-ac", String(channels)];
  const input = ["-protocol_whitelist", "file,pipe", "-threads", "1", ...format, "-i", fileUrl(rawPath)];
  const chunks: Buffer[] = [];
  const onStdout = (chunk: Buffer) => chunks.push(chunk);
  await runFfmpeg([...input, ...outputArgs(channels), "-f", "s16le", "pipe:1"], { ...options, onStdout });
  const bytes = Uint8Array.from(Buffer.concat(chunks));
  return new Int16Array(bytes.buffer, 0, Math.floor(bytes.length / 2));
}

function outputArgs(channels: number): string[] {
  const filters = [monoFilter(channels), resampleFilter(analysisSampleRateHz)].filter(
    (filter) => filter !== null,
  );
  const map = ["-map", "0:a:0", "-map_metadata", "-1", "-af", filters.join(",")];
  return [...map, "-c:a", "pcm_s16le", "-threads", "1"];
}

export function describeMono(sampleCount: number, sums: LevelSums): FactsOf<typeof Mono16k> {
  const { peakDb, rmsDb } = levelsOf(sums);
  const silent = peakDb === null || peakDb < silenceBelowDb;
  const durationSec = sampleCount / analysisSampleRateHz;
  return { sampleRateHz: analysisSampleRateHz, sampleCount, durationSec, peakDb, rmsDb, silent };
}
