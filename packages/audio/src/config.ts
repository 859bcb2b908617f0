import { minimalEnvironment } from "@segue/child-process";
import { z } from "zod";

/** ffmpeg takes some 95 MiB of address space on ordinary files. */
const leastMemoryMiB = 128;
const expectedMemory = `expected a whole number of MiB, ${leastMemoryMiB} or more`;

export const environment = z
  .object({
    FFMPEG_BIN: z.string().trim().optional().describe("The ffmpeg to use, before any other that is found"),
    FFMPEG_MEMORY_MIB: z.coerce
      .number({ error: expectedMemory })
      .int(expectedMemory)
      .min(leastMemoryMiB, expectedMemory)
      .default(512)
      .describe("Address space that an ffmpeg may take, in MiB"),
  })
  .describe("services that work on audio");

/** What the environment says about audio tools. */
export interface AudioConfig {
  /** The ffmpeg to use, before any other. */
  readonly ffmpegBin: string | null;
  /** Address space that an ffmpeg may take. */
  readonly ffmpegMemoryMiB: number;
  /** What an ffmpeg, which reads strangers' files, gets of this process's environment: nothing that is a secret. */
  readonly ffmpegEnvironment: Readonly<Record<string, string>>;
}

/** @throws {Error} naming the variable, its value and what was expected. */
export function readAudioConfig(env: NodeJS.ProcessEnv = process.env): AudioConfig {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const parsed = environment.safeParse(present);
  const [issue] = parsed.error?.issues ?? [];
  if (issue) {
    const name = String(issue.path[0]);
    throw new Error(`${name} is "${present[name]}": ${issue.message}`);
  }
  const { FFMPEG_BIN, FFMPEG_MEMORY_MIB } = environment.parse(present);
  return Object.freeze({
    ffmpegBin: FFMPEG_BIN || null,
    ffmpegMemoryMiB: FFMPEG_MEMORY_MIB,
    ffmpegEnvironment: minimalEnvironment(env),
  });
}
