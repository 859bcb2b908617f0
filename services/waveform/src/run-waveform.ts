import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalSampleRateHz, type PcmInput, readPcmBlocks } from "@segue/audio";
import type { FactsOf, Waveform } from "@segue/contracts";
import type { Checkpoint, StepContext } from "@segue/step";
import { z } from "zod";
import { findPeaks, finestZoom, pixelsOf } from "./find-peaks.ts";
import { writeWaveform } from "./write-waveform.ts";

/** Four minutes: 42 MB of stereo, as much as one attempt does for an ordinary track. */
export const piecePixels = 20_672;
/** Half a megabyte of stereo. */
const blockPixels = 256;

const Progress = z.object({ v: z.literal(1), pieces: z.int().positive() });

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
  let pieces = context.resumed ? Progress.parse(context.resumed.state).pieces : 0;
  while (pieces * pieceFrames < sampleCount) {
    const from = pieces * pieceFrames;
    const to = Math.min(sampleCount, from + pieceFrames);
    const name = peaksFile(pieces);
    const path = join(context.scratchDir, name);
    await writeFile(path, await peaksOfSpan(pcm, from, to, context.signal));
    pieces++;
    yield { state: { v: 1, pieces }, files: { [name]: path } };
  }
  const all = new Int8Array(pixelsOf(sampleCount, finestZoom) * 2 * channels);
  let at = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const part = await readFile(await context.fetchFile(peaksFile(piece)));
    all.set(new Int8Array(part.buffer, part.byteOffset, part.length), at);
    at += part.length;
  }
  return await writeWaveform(context.outputPath, all, format);
}

function peaksFile(piece: number): string {
  return `peaks-${String(piece).padStart(6, "0")}`;
}

async function peaksOfSpan(pcm: PcmInput, from: number, to: number, signal: AbortSignal): Promise<Int8Array> {
  const { channels, gainDb = 0 } = pcm.facts;
  const gain = 10 ** (gainDb / 20);
  const peaks = new Int8Array(pixelsOf(to - from, finestZoom) * 2 * channels);
  let at = 0;
  for await (const block of readPcmBlocks(pcm, { from, to, blockFrames: blockPixels * finestZoom, signal })) {
    findPeaks(block, channels, gain, peaks.subarray(at));
    at += 2 * channels * blockPixels;
  }
  return peaks;
}
