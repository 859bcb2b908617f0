import { findFfmpeg } from "./find-ffmpeg.ts";
import { type RunFfmpegOptions, spawnFfmpeg } from "./spawn-ffmpeg.ts";
import { type FfmpegLimits, type FfmpegRun, type RunningFfmpeg, startFfmpeg } from "./start-ffmpeg.ts";

/** One thread wherever ffmpeg would take all: a worker's share of the machine is for the scheduler to decide. */
const commonArgs = ["-hide_banner", "-nostdin", "-nostats", "-v", "level+info", "-filter_threads", "1"];

/**
 * Runs the ffmpeg that `findFfmpeg` chose, after the common arguments (quiet, no stdin, one filter thread).
 * @throws {FfmpegError} when it can't start, exits with anything but 0, hangs, reports that the machine lacked something, or `signal` is aborted;
 * always after the process has ended.
 */
export async function runFfmpeg(args: readonly string[], options: RunFfmpegOptions = {}): Promise<FfmpegRun> {
  const { path } = await findFfmpeg();
  return spawnFfmpeg(path, [...commonArgs, ...args], options);
}

/** Starts the same, for a caller that reads its stdout as it comes. Whoever starts it must wait for its end or stop it. */
export async function openFfmpeg(
  args: readonly string[],
  options: FfmpegLimits = {},
): Promise<RunningFfmpeg> {
  const { path } = await findFfmpeg();
  return startFfmpeg(path, [...commonArgs, ...args], options);
}
