import { startFfmpeg } from "./start-ffmpeg.ts";

export interface FfmpegLimits {
  readonly signal?: AbortSignal | undefined;
  /** Wall time after which the run is ended. */
  readonly timeoutMs: number;
  /** Called with the id of the process, which leads its own process group. */
  readonly onSpawn?: ((pid: number) => void) | undefined;
  /** Address space that it may take; what `readAudioConfig` says by default. Not enforced by macOS and Windows. */
  readonly memoryMiB?: number;
}

export interface RunFfmpegOptions extends FfmpegLimits {
  /** Called with what it writes to stdout; without it, stdout is read and dropped. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
}

export interface FfmpegRun {
  /** What it wrote to stderr: the first and the last 64 KiB, decoded as Latin-1. */
  readonly stderr: string;
  /** Lines marked as errors, also those that were not kept. */
  readonly errorLines: number;
}

/**
 * Runs one ffmpeg with the given arguments to its end: no stdin, both pipes read, in a process group of its own, which
 * dies with this thread or process.
 * @throws {FfmpegError} when it can't start, exits with anything but 0, outlives `timeoutMs`, or `signal` is aborted;
 * always after the process has ended.
 */
export async function spawnFfmpeg(
  path: string,
  args: readonly string[],
  options: RunFfmpegOptions,
): Promise<FfmpegRun> {
  const run = startFfmpeg(path, args, options);
  run.stdout.on("data", (chunk: Buffer) => options.onStdout?.(chunk));
  return run.ended;
}
