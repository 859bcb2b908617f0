import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { FactsOf, Mono16k, Pcm } from "@segue/contracts";
import {
  analysisSampleRateHz,
  bytesOf,
  canonicalSampleRateHz,
  encodeWavHeader,
  makePieces,
  pieceNames,
  wavHeaderBytes,
  writeContents,
} from "@segue/dsp";
import type { Checkpoint, Input, StepContext } from "@segue/step";
import { z } from "zod";
import { type DownsampleOptions, describeMono, resampleRaw } from "./downsample-pcm.ts";
import { addLevels, measureSamples, noLevels } from "./measure-levels.ts";

/** Whole seconds: 441 samples in are 160 out, so a second begins at the same phase of the resampler everywhere. */
export interface PieceLengths {
  readonly pieceSec: number;
  /** Resampled on both sides of a piece and thrown away: many times the filter's length of 2 ms. */
  readonly overlapSec: number;
}

/** Four minutes: 42 MB of stereo, as much as one attempt does for an ordinary track. */
export const pieceLengths: PieceLengths = { pieceSec: 240, overlapSec: 1 };

const State = z.object({
  v: z.literal(1),
  pieces: z.int(),
  sampleCount: z.int(),
  levels: z.object({ peak: z.number(), energy: z.number(), count: z.int() }),
  headerWritten: z.boolean(),
});
type State = z.infer<typeof State>;

const begun: State = { v: 1, pieces: 0, sampleCount: 0, levels: noLevels, headerWritten: false };
const headerFile = "header";
const pieceName = pieceNames("mono", 6);

/**
 * Brings canonical PCM of any length to 16 kHz mono, as pieces that storage joins: the same samples as in one go, however
 * often the work is interrupted. The PCM is read in ranges.
 */
export async function* resamplePieces(
  pcm: Pick<Input<typeof Pcm>, "facts" | "fetchRange">,
  context: Pick<StepContext, "scratchDir" | "resumed" | "composeOutput">,
  options: DownsampleOptions,
  lengths: PieceLengths = pieceLengths,
): AsyncGenerator<Checkpoint, FactsOf<typeof Mono16k>, void> {
  const { sampleCount: totalFrames } = pcm.facts;
  const pieces = Math.ceil(totalFrames / (lengths.pieceSec * canonicalSampleRateHz));
  let state = yield* makePieces<State>({
    from: context.resumed ? State.parse(context.resumed.state) : begun,
    count: pieces,
    name: pieceName,
    scratchDir: context.scratchDir,
    async make(piece, { sampleCount, levels }) {
      const samples = await resamplePiece(pcm, piece, context.scratchDir, options, lengths);
      return {
        contents: bytesOf(samples),
        progress: {
          sampleCount: sampleCount + samples.length,
          levels: addLevels(levels, measureSamples(samples)),
        },
      };
    },
  });
  if (!state.headerWritten) {
    const header = encodeWavHeader(state.sampleCount * 2, {
      sampleRateHz: analysisSampleRateHz,
      channels: 1,
    });
    const files = await writeContents(context.scratchDir, { [headerFile]: header });
    state = { ...state, headerWritten: true };
    yield { state, files };
  }
  context.composeOutput([headerFile, ...Array.from({ length: pieces }, (_, i) => pieceName(i))]);
  return describeMono(pcm.facts, state.sampleCount, state.levels);
}

async function resamplePiece(
  pcm: Pick<Input<typeof Pcm>, "facts" | "fetchRange">,
  piece: number,
  scratchDir: string,
  options: DownsampleOptions,
  { pieceSec, overlapSec }: PieceLengths,
): Promise<Int16Array> {
  const { channels, sampleCount } = pcm.facts;
  const startSec = piece * pieceSec;
  const beforeSec = piece === 0 ? 0 : overlapSec;
  // Behind the samples lies more.
  const byteAt = (sec: number) =>
    wavHeaderBytes + Math.min(sampleCount, sec * canonicalSampleRateHz) * 2 * channels;
  const fetched = await pcm.fetchRange(
    byteAt(startSec - beforeSec),
    byteAt(startSec + pieceSec + overlapSec),
  );
  // ffmpeg reads it by what it is told; the name only keeps pieces apart.
  const raw = join(scratchDir, "piece.raw");
  await rename(fetched, raw);
  const samples = await resampleRaw(raw, pcm.facts, options);
  const from = beforeSec * analysisSampleRateHz;
  const isLast = (startSec + pieceSec) * canonicalSampleRateHz >= sampleCount;
  return samples.subarray(from, isLast ? samples.length : from + pieceSec * analysisSampleRateHz);
}
