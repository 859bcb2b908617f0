import { join } from "node:path";
import type { Checkpoint, StepContext } from "@segue/step";
import { z } from "zod";
import { chromaBins, createChromaMeter, createSegments } from "./chroma.ts";
import { describeKey, type KeyResult } from "./describe-key.ts";
import { keySegmentSec, noKeyIn } from "./estimate-key.ts";
import { measurePiece, type SampleInput, sampleCountOf } from "./measure-pieces.ts";
import { readDoubles, writeNumbers } from "./number-files.ts";

const sampleRateHz = 16_000;
/** Four minutes: 7.7 MB to fetch, a quarter of a second of work. */
const segmentsPerPiece = 16;

/** Where a run on a long track has come to. */
const Progress = z.object({
  /** Pieces whose pitch classes are in files. */
  pieces: z.int().nonnegative(),
  peak: z.number(),
});

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
  const sampleCount = sampleCountOf(input);
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
  let { pieces, peak } = Progress.parse(resumed?.state ?? { pieces: 0, peak: 0 });
  while (pieces * segmentsPerPiece < count) {
    const at = pieces * segmentsPerPiece;
    const segments = createSegments(Math.min(segmentsPerPiece, count - at));
    peak = Math.max(peak, await measure(segments, at));
    const name = chromaName(pieces);
    const path = await writeNumbers(join(scratchDir, name), segments);
    pieces++;
    yield { state: { pieces, peak }, files: { [name]: path } };
  }
  const segments: Float64Array[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    const values = await readDoubles(await fetchFile(chromaName(piece)));
    for (let from = 0; from < values.length; from += chromaBins)
      segments.push(values.slice(from, from + chromaBins));
  }
  return finish(peak, segments);
}

const chromaName = (piece: number) => `chroma-${String(piece).padStart(5, "0")}`;
