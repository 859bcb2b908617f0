import {
  bytesOf,
  fetchPieces,
  makePieces,
  monoSamplesOf,
  type PieceCheckpoint,
  pieceNames,
  readDoubles,
  readFloats,
  writeContents,
} from "@segue/dsp";
import type { Checkpoint, StepContext } from "@segue/step";
import { z } from "zod";
import { countPulse } from "./count-pulse.ts";
import { describePulse } from "./describe-pulse.ts";
import { beatsInView, noTempoIn, tempoOfOnsets } from "./estimate-tempo.ts";
import { TempoCandidate } from "./find-tempo.ts";
import { measurePiece, type SampleInput } from "./measure-pieces.ts";
import {
  createOnsetFlux,
  createOnsetMeter,
  type OnsetFlux,
  onsetStrength,
  onsetViews,
} from "./onset-strength.ts";
import { TempoPath } from "./tempo-path.ts";
import { noTempo, type TempoResult } from "./tempo-result.ts";
import { emptyScan, scanTempo, segmentsOf, TempoScan } from "./tempo-scan.ts";
import type { ViewedTempo } from "./viewed-tempo.ts";

const sampleRateHz = 16_000;
/** Four minutes: 7.7 MB to fetch, under half a second of work. */
const framesPerPiece = 24_000;
/** Half an hour: a quarter of a second of work. */
const segmentsPerPiece = 120;

/** Where a run on a long track has come to: its onsets piece by piece, then one view of them after the other. */
const Progress = z.object({
  /** Pieces whose onsets are in files. */
  pieces: z.int().nonnegative(),
  peak: z.number(),
  /** Views that are done: their beats are in files. */
  views: z.int().nonnegative(),
  /** The view that is under way. */
  scan: TempoScan,
  /** Once it is done, what the full view says. */
  full: z
    .object({
      scan: TempoScan.pick({ sums: true, windows: true }),
      overall: TempoCandidate.nullable(),
      path: TempoPath,
    })
    .nullable(),
});
type Progress = z.infer<typeof Progress>;
const beginning: Progress = { pieces: 0, peak: 0, views: 0, scan: emptyScan, full: null };

type Context = Pick<StepContext, "resumed" | "scratchDir" | "fetchFile" | "signal">;

/**
 * The tempo of a `mono16k` payload of any length. One that was fetched whole is measured in one go; any other in pieces, each of
 * which ends in a checkpoint. Both give the same result, and so does any way of cutting the second.
 */
export async function* runTempo(
  input: SampleInput,
  context: Context,
): AsyncGenerator<Checkpoint, TempoResult, void> {
  const meter = createOnsetMeter(sampleRateHz);
  const durationSec = monoSamplesOf(input) / sampleRateHz;
  const frames = meter.framesOf(monoSamplesOf(input));
  if (input.path !== "") {
    const flux = createOnsetFlux(frames);
    const peak = await measurePiece(
      input,
      meter,
      [0, frames],
      (window, first, last) => meter.measure(window, first, last, flux, first),
      context.signal,
    );
    return noTempoIn(peak, durationSec) ?? tempoOfOnsets(flux, meter.rateHz, durationSec);
  }
  const begun = Progress.parse(context.resumed?.state ?? beginning);
  const progress = { ...(yield* measureOnsets(input, context, begun, frames)) };
  const none = noTempoIn(progress.peak, durationSec);
  if (none) return none;
  const flux = await readOnsets(context, frames);
  for (; progress.views < onsetViews.length; progress.views++) {
    if ((yield* trackView(context, progress, flux, durationSec)) === "no-tempo")
      return noTempo("no-stable-beat");
  }
  const [beatsSec = [], ...bands] = await readBeats(context);
  if (!progress.full) return noTempo("no-stable-beat");
  const pulse = describePulse({ ...progress.full, beatsSec }, bands, meter.rateHz, durationSec);
  return pulse ? countPulse(pulse, flux, meter.rateHz, durationSec) : noTempo("no-stable-beat");
}

const onsetsName = pieceNames("onsets", 5);

function measureOnsets(
  input: SampleInput,
  { scratchDir, signal }: Context,
  from: Progress,
  frames: number,
): AsyncGenerator<PieceCheckpoint<Progress>, Progress, void> {
  const meter = createOnsetMeter(sampleRateHz);
  return makePieces<Progress>({
    from,
    count: Math.ceil(frames / framesPerPiece),
    name: onsetsName,
    scratchDir,
    async make(piece, progress) {
      const first = piece * framesPerPiece;
      const last = Math.min(frames, first + framesPerPiece);
      const flux = createOnsetFlux(last - first);
      const peak = await measurePiece(
        input,
        meter,
        [first, last],
        (window, start, end) => meter.measure(window, start, end, flux, start - first),
        signal,
      );
      return {
        contents: bytesOf(flux.low, flux.mid, flux.high),
        progress: { peak: Math.max(progress.peak, peak) },
      };
    },
  });
}

/** 4 MB per hour and view. */
async function readOnsets({ fetchFile }: Context, frames: number): Promise<OnsetFlux> {
  const flux = createOnsetFlux(frames);
  let at = 0;
  for await (const path of fetchPieces(fetchFile, onsetsName, Math.ceil(frames / framesPerPiece))) {
    const values = await readFloats(path);
    const length = values.length / 3;
    for (const [i, view] of [flux.low, flux.mid, flux.high].entries())
      view.set(values.subarray(i * length, (i + 1) * length), at);
    at += length;
  }
  return flux;
}

async function* trackView(
  { scratchDir, signal }: Context,
  progress: Progress,
  flux: OnsetFlux,
  durationSec: number,
): AsyncGenerator<Checkpoint, "done" | "no-tempo", void> {
  const { rateHz } = createOnsetMeter(sampleRateHz);
  const view = onsetViews[progress.views] ?? "full";
  const values = onsetStrength(flux, view, rateHz);
  const count = segmentsOf(durationSec);
  while (progress.scan.segments.length < count) {
    signal.throwIfAborted();
    const until = Math.min(count, progress.scan.segments.length + segmentsPerPiece);
    progress.scan = scanTempo(values, rateHz, progress.scan, [until, count]);
    yield { state: { ...progress } };
  }
  const viewed = beatsInView(view, { values, rateHz }, progress.scan, progress.full?.path.steady ?? false);
  if (!viewed) return "no-tempo";
  if (view === "full") progress.full = summaryOf(viewed);
  const name = `beats-${view}`;
  const files = await writeContents(scratchDir, { [name]: bytesOf(Float64Array.from(viewed.beatsSec)) });
  progress.scan = emptyScan;
  yield { state: { ...progress, views: progress.views + 1 }, files };
  return "done";
}

function summaryOf({ scan: { sums, windows }, overall, path }: ViewedTempo): Progress["full"] {
  return { scan: { sums, windows }, overall, path };
}

async function readBeats({ fetchFile }: Context): Promise<number[][]> {
  const beats: number[][] = [];
  for (const view of onsetViews) beats.push([...(await readDoubles(await fetchFile(`beats-${view}`)))]);
  return beats;
}
