import { open, rm } from "node:fs/promises";
import { wavHeaderBytes } from "./encode-wav.ts";
import { readFully } from "./read-fully.ts";
import { readWavHeader } from "./wav-header.ts";

/** 16-bit samples behind a WAV header, as a step gets them: a file, or, where `path` is empty, something to be read in ranges. */
export interface SamplePayload {
  readonly path: string;
  /** Bytes of it, `endByte` excluded, in a file that is the caller's to remove. */
  fetchRange(startByte: number, endByte: number): Promise<string>;
}

/** Frames `from` to `to` (excluded). */
export interface FrameSpan {
  readonly from: number;
  readonly to: number;
}

/** A span of a payload's frames, open for reading anywhere in it. */
export interface OpenSpan extends AsyncDisposable {
  /**
   * Frames of the payload within the span, interleaved, as a view of `into` where that is given: it has to be large enough.
   *
   * @throws {Error} if the payload ends before.
   */
  read(frames: FrameSpan, into?: Int16Array): Promise<Int16Array>;
}

/** Opens a span: it is fetched first where the payload is no file, and removed with what is disposed. */
export async function openSpan(
  payload: SamplePayload,
  channels: number,
  { from, to }: FrameSpan,
): Promise<OpenSpan> {
  const frameBytes = 2 * channels;
  const byteAt = (frame: number) => wavHeaderBytes + frame * frameBytes;
  const path = payload.path || (await payload.fetchRange(byteAt(from), byteAt(to)));
  const remove = async () => {
    if (!payload.path) await rm(path, { force: true });
  };
  const file = await open(path).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const close = async () => {
    await file.close();
    await remove();
  };
  try {
    const firstByte = payload.path ? (await readWavHeader(file, path)).dataOffsetBytes : -from * frameBytes;
    return {
      async read(frames, into = new Int16Array((frames.to - frames.from) * channels)) {
        const samples = into.subarray(0, (frames.to - frames.from) * channels);
        const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
        const read = await readFully(file, bytes, firstByte + frames.from * frameBytes);
        if (read === bytes.length) return samples;
        throw new Error(`${path}: expected frames ${from} to ${to}, it ends in the block at ${frames.from}`);
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface BlockSpan extends FrameSpan {
  readonly blockFrames: number;
  readonly signal?: AbortSignal;
}

/**
 * A span in blocks of `blockFrames`, interleaved; the last one may be shorter: memory stays flat for any length. Each block is a view
 * that the next one overwrites.
 *
 * @throws {Error} if the payload ends before the span does.
 */
export async function* readBlocks(
  payload: SamplePayload,
  channels: number,
  { from, to, blockFrames, signal }: BlockSpan,
): AsyncGenerator<Int16Array, void, undefined> {
  const span = await openSpan(payload, channels, { from, to });
  const block = new Int16Array(Math.min(blockFrames, Math.max(0, to - from)) * channels);
  try {
    for (let frame = from; frame < to; frame += blockFrames) {
      signal?.throwIfAborted();
      yield await span.read({ from: frame, to: Math.min(to, frame + blockFrames) }, block);
    }
  } finally {
    await span[Symbol.asyncDispose]();
  }
}

/** In [-1, 1). @param into used where it is given: it has to be large enough. */
export function toFloats(samples: Int16Array, into = new Float32Array(samples.length)): Float32Array {
  for (let i = 0; i < samples.length; i++) into[i] = (samples[i] as number) / 32_768;
  return into.subarray(0, samples.length);
}

/** How many samples a payload of one channel has. */
export function monoSamplesOf({ sizeBytes }: { readonly sizeBytes: number }): number {
  return Math.max(0, Math.floor((sizeBytes - wavHeaderBytes) / 2));
}
