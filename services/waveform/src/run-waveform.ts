import { readFile } from "node:fs/promises";
import type { FactsOf, Pcm, Waveform } from "@segue/contracts";
import { bytesOf, canonicalSampleRateHz, fetchPieces, makePieces, pieceNames, readBlocks } from "@segue/dsp";
import type { Checkpoint, Input, StepContext } from "@segue/step";
import { z } from "zod";
import { findPeaks, finestZoom, pixelsOf } from "./find-peaks.ts";
import { writeWaveform } from "./write-waveform.ts";

/** Four minutes: 42 MB of stereo, as much as one attempt does for an ordinary track. */
export const piecePixels = 20_672;
/** Half a megabyte of stereo. */
const blockPixels = 256;

const Progress = z.object({ v: z.literal(1), pieces: z.int().positive() });
type Progress = z.infer<typeof Progress>;

const peaksName = pieceNames("peaks", 6);

type PcmInput = Pick<Input<typeof Pcm>, "path" | "fetchRange"> & {
  readonly facts: Pick<FactsOf<typeof Pcm>, "sampleCount" | "channels" | "gainDb">;
};

/**
 * Peaks of a `pcm` payload of any length. One that was fetched whole is read in one go; any other in pieces, each of which ends
 * in a checkpoint and leaves its finest peaks in a file (83 kB of stereo). Both give the same bytes.
 */
export async function* runWaveform(
  pcm: PcmInput,
  context: Pick<StepContext, "resumed" | "scratchDir" | "fetchFile" | "signal" | "outputPath">,
  pixelsPerPiece: number = piecePixels,
): AsyncGenerator<Checkpoint, FactsOf<typeof Waveform>, void> {
  const { sampleCount, channels } = pcm.facts;
  const format = { sampleRateHz: canonicalSampleRateHz, channels };
  if (pcm.path) {
    const peaks = await peaksOfSpan(pcm, 0, sampleCount, context.signal);
    return await writeWaveform(context.outputPath, peaks, format);
  }
  const pieceFrames = pixelsPerPiece * finestZoom;
  const begun: Progress = context.resumed ? Progress.parse(context.resumed.state) : { v: 1, pieces: 0 };
  const { pieces } = yield* makePieces<Progress>({
    from: begun,
    count: Math.ceil(sampleCount / pieceFrames),
    name: peaksName,
    scratchDir: context.scratchDir,
    async make(piece) {
      const from = piece * pieceFrames;
      const to = Math.min(sampleCount, from + pieceFrames);
      const peaks = await peaksOfSpan(pcm, from, to, context.signal);
      return { contents: bytesOf(peaks) };
    },
  });
  const all = new Int8Array(pixelsOf(sampleCount, finestZoom) * 2 * channels);
  let at = 0;
  for await (const path of fetchPieces(context.fetchFile, peaksName, pieces)) {
    const part = await readFile(path);
    all.set(new Int8Array(part.buffer, part.byteOffset, part.length), at);
    at += part.length;
  }
  return await writeWaveform(context.outputPath, all, format);
}

async function peaksOfSpan(pcm: PcmInput, from: number, to: number, signal: AbortSignal): Promise<Int8Array> {
  const { channels, gainDb = 0 } = pcm.facts;
  const gain = 10 ** (gainDb / 20);
  const peaks = new Int8Array(pixelsOf(to - from, finestZoom) * 2 * channels);
  let at = 0;
  for await (const block of readBlocks(pcm, channels, {
    from,
    to,
    blockFrames: blockPixels * finestZoom,
    signal,
  })) {
    findPeaks(block, channels, gain, peaks.subarray(at));
    at += 2 * channels * blockPixels;
  }
  return peaks;
}
