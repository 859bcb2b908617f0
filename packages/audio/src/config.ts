import { minimalEnvironment } from "@segue/child-process";

/** What the environment says about audio tools. */
export interface AudioConfig {
  /** `FFMPEG_BIN`: the ffmpeg to use, before any other. */
  readonly ffmpegBin: string | null;
  /** `FFMPEG_MEMORY_MIB`: address space that an ffmpeg may take; 512 by default. It takes 95 on ordinary files. */
  readonly ffmpegMemoryMiB: number;
  /** What an ffmpeg, which reads strangers' files, gets of this process's environment: nothing that is a secret. */
  readonly ffmpegEnvironment: Readonly<Record<string, string>>;
}

const defaultMemoryMiB = 512;
const leastMemoryMiB = 128;

/** @throws {Error} naming the variable, its value and what was expected. */
export function readAudioConfig(env: NodeJS.ProcessEnv = process.env): AudioConfig {
  const given = env.FFMPEG_MEMORY_MIB?.trim();
  const ffmpegMemoryMiB = given ? Number(given) : defaultMemoryMiB;
  if (!Number.isInteger(ffmpegMemoryMiB) || ffmpegMemoryMiB < leastMemoryMiB) {
    throw new Error(
      `FFMPEG_MEMORY_MIB is "${given}": expected a whole number of MiB, ${leastMemoryMiB} or more`,
    );
  }
  return Object.freeze({
    ffmpegBin: env.FFMPEG_BIN?.trim() || null,
    ffmpegMemoryMiB,
    ffmpegEnvironment: minimalEnvironment(env),
  });
}
