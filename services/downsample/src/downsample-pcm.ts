import {
  analysisSampleRateHz,
  fileUrl,
  inputArgs,
  monoFilter,
  readWavInfo,
  resampleFilter,
  runFfmpeg,
} from "@segue/audio";
import type { FactsOf, Mono16k } from "@segue/contracts";
import { measureLevels } from "./measure-levels.ts";

export interface DownsampleOptions {
  readonly signal?: AbortSignal;
  /** Called with the id of the child process, which leads its own process group. */
  readonly onSpawn?: (pid: number) => void;
  /** Wall time of the child process. */
  readonly timeoutMs: number;
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
  const filters = [monoFilter(channels), resampleFilter(analysisSampleRateHz)].filter(
    (filter) => filter !== null,
  );
  const sink = ["-c:a", "pcm_s16le", "-threads", "1", "-bitexact", "-f", "wav", "-y", fileUrl(outPath)];
  const args = [
    ...inputArgs,
    "-i",
    fileUrl(pcmPath),
    "-map",
    "0:a:0",
    "-map_metadata",
    "-1",
    "-af",
    filters.join(","),
  ];
  await runFfmpeg([...args, ...sink], options);

  const { sampleCount, durationSec } = await readWavInfo(outPath);
  const { peakDb, rmsDb } = await measureLevels(outPath);
  const silent = peakDb === null || peakDb < silenceBelowDb;
  return { sampleRateHz: analysisSampleRateHz, sampleCount, durationSec, peakDb, rmsDb, silent };
}
