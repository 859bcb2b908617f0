import { type FrameSpan, monoSamplesOf, openSpan, type SamplePayload, toFloats } from "@segue/dsp";
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

/** A `mono16k` payload. Without `path` it is read in ranges. */
export type SampleInput = SamplePayload & { readonly sizeBytes: number };

/** 15 s at 10 ms a frame, or half an hour at half a second: blocks bound the memory, whatever the piece. */
const blockSamples = 16_000 * 15;

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
  const within = spansOf(frontEnd, monoSamplesOf(input));
  const span = await openSpan(input, 1, within(first, last));
  const buffers = createBuffers();
  let peak = 0;
  try {
    const framesPerBlock = blockFrames(frontEnd);
    for (let from = first; from < last; from += framesPerBlock) {
      signal?.throwIfAborted();
      const to = Math.min(last, from + framesPerBlock);
      const block = within(from, to);
      const { integers, floats } = buffers.take(block.to - block.from);
      const samples = toFloats(await span.read(block, integers), floats);
      peak = Math.max(peak, loudest(samples));
      measure({ samples, start: block.from }, from, to);
    }
  } finally {
    await span[Symbol.asyncDispose]();
  }
  return peak;
}

/** Tells which samples of a track frames need. */
function spansOf(frontEnd: FrontEnd, sampleCount: number): (first: number, last: number) => FrameSpan {
  const frames = frontEnd.framesOf(sampleCount);
  return (first, last) => {
    const needed = frontEnd.samplesFor(first, last);
    // What is left after the last frame belongs to it: no sample goes unheard.
    const to = last >= frames ? sampleCount : Math.min(sampleCount, needed.to);
    return { from: Math.min(to, Math.max(0, needed.from)), to };
  };
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
      return { integers, floats };
    },
  };
}
