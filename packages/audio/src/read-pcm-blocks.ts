import { open, rm } from "node:fs/promises";
import { readWavInfo, wavHeaderBytes } from "./wav.ts";

/** A `pcm` payload as a step gets it: a file, or, where `path` is empty, something to be read in ranges. */
export interface PcmInput {
  readonly facts: {
    readonly sampleCount: number;
    readonly channels: number;
    /** What brings the samples to their own level; absent: 0. */
    readonly gainDb?: number | undefined;
  };
  readonly path: string;
  fetchRange(startByte: number, endByte: number): Promise<string>;
}

/** Frames `from` to `to` (excluded), in blocks of `blockFrames`; the last one may be shorter. */
export interface PcmSpan {
  readonly from: number;
  readonly to: number;
  readonly blockFrames: number;
  readonly signal?: AbortSignal;
}

/**
 * A span of a payload's samples, interleaved: memory stays flat for any length. Each block is a view that the next one
 * overwrites. Without `path`, the span is fetched first and removed afterwards.
 *
 * @throws {Error} if the payload ends before the span does.
 */
export async function* readPcmBlocks(
  input: PcmInput,
  { from, to, blockFrames, signal }: PcmSpan,
): AsyncGenerator<Int16Array, void, undefined> {
  const { channels } = input.facts;
  const frameBytes = 2 * channels;
  const byteAt = (frame: number) => wavHeaderBytes + frame * frameBytes;
  const path = input.path || (await input.fetchRange(byteAt(from), byteAt(to)));
  const start = input.path ? (await readWavInfo(path)).dataOffsetBytes + from * frameBytes : 0;
  const samples = new Int16Array(Math.min(blockFrames, Math.max(0, to - from)) * channels);
  const bytes = new Uint8Array(samples.buffer);
  const file = await open(path);
  try {
    for (let frame = from; frame < to; frame += blockFrames) {
      signal?.throwIfAborted();
      const length = Math.min(blockFrames, to - frame) * frameBytes;
      const { bytesRead } = await file.read(bytes, 0, length, start + (frame - from) * frameBytes);
      if (bytesRead < length)
        throw new Error(`${path}: expected frames ${from} to ${to}, it ends in the block at ${frame}`);
      yield samples.subarray(0, length / 2);
    }
  } finally {
    await file.close();
    if (!input.path) await rm(path, { force: true });
  }
}
