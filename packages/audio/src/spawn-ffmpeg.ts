import { type FfmpegLimits, type FfmpegRun, startFfmpeg } from "./start-ffmpeg.ts";

export interface RunFfmpegOptions extends FfmpegLimits {
  /** Called with what it writes to stdout; without it, stdout is read and dropped. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
}

/**
 * Runs one ffmpeg with the given arguments to its end: no stdin, both pipes read, in a process group of its own, which
 * dies with this thread or process.
 * @throws {FfmpegError} when it can't start, exits with anything but 0, hangs, reports that the machine lacked something, or `signal` is aborted;
 * always after the process has ended.
 */
export async function spawnFfmpeg(
  path: string,
  args: readonly string[],
  options: RunFfmpegOptions = {},
): Promise<FfmpegRun> {
  const run = startFfmpeg(path, args, options);
  run.stdout.on("data", (chunk: Buffer) => options.onStdout?.(chunk));
  return run.ended;
}
