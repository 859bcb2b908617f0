import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** The part of an input that this reads. */
export interface MasterInput {
  readonly sizeBytes: number;
  fetch(): Promise<string>;
  fetchRange(startByte: number, endByte: number): Promise<string>;
}

/** 4 minutes of 24-bit stereo at 48 kHz are 69 MB: most masters are fetched whole, and verified. */
const wholeUpToBytes = 96 * 1024 * 1024;

/** Tags lie at a file's beginning (ID3v2, FLAC) or its end (RIFF chunks, the index of an m4a); covers are carried up to 2 MB. */
const endBytes = 16 * 1024 * 1024;

/**
 * A local file in which a master's tags can be read. A large master's middle, which is all audio, is a hole in it: a
 * three-hour WAV of 1.9 GB costs 32 MiB of traffic and disk.
 */
export async function fetchMasterEnds(master: MasterInput, scratchDir: string): Promise<string> {
  const { sizeBytes } = master;
  if (sizeBytes <= wholeUpToBytes) return master.fetch();
  const path = join(scratchDir, "master-ends");
  const file = await open(path, "w");
  try {
    for (const start of [0, sizeBytes - endBytes]) {
      const part = await master.fetchRange(start, start + endBytes);
      await file.write(await readFile(part), 0, endBytes, start);
      await rm(part);
    }
  } finally {
    await file.close();
  }
  return path;
}
