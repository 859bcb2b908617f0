import { open, rm } from "node:fs/promises";
import { loudest } from "./silence.ts";

/** Consecutive samples of a track, from sample `start` on; what lies outside is outside the track and counts as zero. */
export interface SampleWindow {
  readonly samples: Float32Array;
  readonly start: number;
}

/**
 * Something that measures a track frame by frame. Each frame depends on the samples around it alone, so that a track cut
 * anywhere between frames gives the same values to the bit.
 */
export interface FrontEnd {
  /** How many frames a track of so many samples has. */
  framesOf(sampleCount: number): number;
  /** The samples that frames `first` to `last` (excluded) look at; they may lie outside the track. */
  samplesFor(first: number, last: number): { readonly from: number; readonly to: number };
}

/** A `mono16k` payload: a header of 44 bytes, then 16-bit samples. Without `path` it is read in ranges. */
export interface SampleInput {
  readonly path: string;
  readonly sizeBytes: number;
  fetchRange(startByte: number, endByte: number): Promise<string>;
}

const headerBytes = 44;
/** 15 s at 10 ms a frame, or half an hour at half a second: blocks bound the memory, whatever the piece. */
const blockSamples = 16_000 * 15;

/** @returns how many samples a `mono16k` payload holds. */
export function sampleCountOf({ sizeBytes }: { readonly sizeBytes: number }): number {
  return Math.max(0, Math.floor((sizeBytes - headerBytes) / 2));
}

/**
 * Measures frames `first` to `last` (excluded) of a payload, some seconds at a time: 1.5 MB of memory for any length. The
 * window that `measure` sees is overwritten by the next one.
 *
 * @returns the largest magnitude of the samples that were looked at, 0 to 1
 */
export async function measurePiece(
  input: SampleInput,
  frontEnd: FrontEnd,
  [first, last]: readonly [number, number],
  measure: (window: SampleWindow, first: number, last: number) => void,
  signal?: AbortSignal,
): Promise<number> {
  const sampleCount = sampleCountOf(input);
  const frames = frontEnd.framesOf(sampleCount);
  const within = (from: number, to: number) => {
    const needed = frontEnd.samplesFor(from, to);
    // What is left after the last frame belongs to it: no sample goes unheard.
    const end = to >= frames ? sampleCount : Math.min(sampleCount, needed.to);
    return { from: Math.min(end, Math.max(0, needed.from)), to: end };
  };
  const piece = within(first, last);
  const path =
    input.path || (await input.fetchRange(headerBytes + 2 * piece.from, headerBytes + 2 * piece.to));
  const firstByte = input.path ? headerBytes : -2 * piece.from;
  const file = await open(path);
  const buffers = createBuffers();
  let peak = 0;
  try {
    const framesPerBlock = blockFrames(frontEnd);
    for (let from = first; from < last; from += framesPerBlock) {
      signal?.throwIfAborted();
      const to = Math.min(last, from + framesPerBlock);
      const block = within(from, to);
      const samples = buffers.take(block.to - block.from);
      const { bytesRead } = await file.read(
        samples.bytes,
        0,
        samples.bytes.length,
        firstByte + 2 * block.from,
      );
      if (bytesRead < samples.bytes.length)
        throw new Error(`${path}: expected samples ${block.from} to ${block.to}, it ended before`);
      const window = { samples: samples.asFloats(), start: block.from };
      peak = Math.max(peak, loudest(window.samples));
      measure(window, from, to);
    }
  } finally {
    await file.close();
    if (!input.path) await rm(path, { force: true });
  }
  return peak;
}

function blockFrames(frontEnd: FrontEnd): number {
  const near = frontEnd.samplesFor(1000, 1001);
  const hop = frontEnd.samplesFor(1000, 1002).to - near.to;
  return Math.max(1, Math.floor(blockSamples / hop));
}

/** Buffers that are used again and again: a track's worth of fresh ones would wait for the garbage collector. */
function createBuffers() {
  let integers = new Int16Array(0);
  let floats = new Float32Array(0);
  return {
    take(count: number) {
      if (integers.length < count) {
        integers = new Int16Array(count);
        floats = new Float32Array(count);
      }
      return {
        bytes: new Uint8Array(integers.buffer, 0, 2 * count),
        asFloats(): Float32Array {
          for (let i = 0; i < count; i++) floats[i] = (integers[i] as number) / 32_768;
          return floats.subarray(0, count);
        },
      };
    },
  };
}
