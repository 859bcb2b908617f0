import { findFfmpeg } from "./find-ffmpeg.ts";

/** The ffmpeg that is used here, for a step's `tools`. @throws as `findFfmpeg` does. */
export async function ffmpegTools(): Promise<{ ffmpeg: string }> {
  return { ffmpeg: ffmpegFamily((await findFfmpeg()).version) };
}

/**
 * The family of a version as ffmpeg reports it: builds of one release series decode and encode alike, whoever built them.
 * Builds of the development tree are families of their own. @example "5.1.6-0+deb12u1" is of "5.1"
 */
export function ffmpegFamily(version: string): string {
  const [, series] = /^n?(\d+\.\d+)/.exec(version) ?? [];
  return series ?? /^N-\d+/.exec(version)?.[0] ?? version.slice(0, 40);
}
