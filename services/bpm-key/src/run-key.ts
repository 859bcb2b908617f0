import { bytesOf, fetchPieces, makePieces, monoSamplesOf, pieceNames, readDoubles } from "@segue/dsp";
import type { Checkpoint, StepContext } from "@segue/step";
import { z } from "zod";
import { chromaBins, createChromaMeter, createSegments } from "./chroma.ts";
import { describeKey, type KeyResult } from "./describe-key.ts";
import { keySegmentSec, noKeyIn } from "./estimate-key.ts";
import { measurePiece, type SampleInput } from "./measure-pieces.ts";

const sampleRateHz = 16_000;
/** Four minutes: 7.7 MB to fetch, a quarter of a second of work. */
const segmentsPerPiece = 16;

/** Where a run on a long track has come to. */
const Progress = z.object({
  /** Pieces whose pitch classes are in files. */
  pieces: z.int().nonnegative(),
  peak: z.number(),
});
type Progress = z.infer<typeof Progress>;
const beginning: Progress = { pieces: 0, peak: 0 };

const chromaName = pieceNames("chroma", 5);

/**
 * The key of a `mono16k` payload of any length. One that was fetched whole is measured in one go; any other in pieces, each of
 * which ends in a checkpoint. Both give the same result, and so does any way of cutting the second.
 */
export async function* runKey(
  input: SampleInput,
  {
    resumed,
    scratchDir,
    fetchFile,
    signal,
  }: Pick<StepContext, "resumed" | "scratchDir" | "fetchFile" | "signal">,
): AsyncGenerator<Checkpoint, KeyResult, void> {
  const meter = createChromaMeter(sampleRateHz, keySegmentSec);
  const sampleCount = monoSamplesOf(input);
  const count = Math.ceil(meter.framesOf(sampleCount) / meter.framesPerSegment);
  const measure = async (segments: readonly Float64Array[], at: number) => {
    const first = at * meter.framesPerSegment;
    const last = Math.min(meter.framesOf(sampleCount), first + segments.length * meter.framesPerSegment);
    return measurePiece(
      input,
      meter,
      [first, last],
      (window, from, to) => meter.measure(window, from, to, segments, at),
      signal,
    );
  };
  const finish = (peak: number, segments: readonly Float64Array[]) =>
    noKeyIn(peak, sampleCount / sampleRateHz) ?? describeKey(segments, meter.segmentSec);

  if (input.path !== "") {
    const segments = createSegments(count);
    return finish(await measure(segments, 0), segments);
  }
  const { pieces, peak } = yield* makePieces<Progress>({
    from: Progress.parse(resumed?.state ?? beginning),
    count: Math.ceil(count / segmentsPerPiece),
    name: chromaName,
    scratchDir,
    async make(piece, progress) {
      const at = piece * segmentsPerPiece;
      const segments = createSegments(Math.min(segmentsPerPiece, count - at));
      const loudestSoFar = Math.max(progress.peak, await measure(segments, at));
      return {
        contents: Buffer.concat(segments.map((segment) => bytesOf(segment))),
        progress: { peak: loudestSoFar },
      };
    },
  });
  const segments: Float64Array[] = [];
  for await (const path of fetchPieces(fetchFile, chromaName, pieces)) {
    const values = await readDoubles(path);
    for (let from = 0; from < values.length; from += chromaBins)
      segments.push(values.slice(from, from + chromaBins));
  }
  return finish(peak, segments);
}
