import { countPulse } from "./count-pulse.ts";
import { describePulse, type Pulse } from "./describe-pulse.ts";
import { findTempo, leastSalience } from "./find-tempo.ts";
import {
  createOnsetFlux,
  createOnsetMeter,
  type OnsetFlux,
  type OnsetView,
  onsetStrength,
  onsetViews,
} from "./onset-strength.ts";
import { isSilent, loudest } from "./silence.ts";
import { followTempo, type TempoPath } from "./tempo-path.ts";
import { noTempo, type TempoResult } from "./tempo-result.ts";
import { emptyScan, periodicityOf, scanTempo, segmentSec, segmentsOf, type TempoScan } from "./tempo-scan.ts";
import { trackBeats } from "./track-beats.ts";
import type { ViewedTempo } from "./viewed-tempo.ts";

export type { TempoResult } from "./tempo-result.ts";

const shortestSec = 3;

/**
 * Tempo and beats of a track: onset curve, its averaged autocorrelation, the pulse that explains it best, beats by dynamic
 * programming; then three more beat trackings on the low, middle and high bands alone, whose agreement says how sure it is; then which
 * multiple of the pulse people count.
 * Where the tempo changes, it is followed through the track, and the overall tempo is the one that most of the time has.
 *
 * @param samples mono, nominally within -1..1; @param sampleRateHz at least 8000; 16000 is what it is measured with
 */
export function estimateTempo(samples: Float32Array, sampleRateHz: number): TempoResult {
  const none = noTempoIn(loudest(samples), samples.length / sampleRateHz);
  if (none) return none;
  const meter = createOnsetMeter(sampleRateHz);
  const frames = meter.framesOf(samples.length);
  const flux = createOnsetFlux(frames);
  meter.measure({ samples, start: 0 }, 0, frames, flux, 0);
  return tempoOfOnsets(flux, meter.rateHz, samples.length / sampleRateHz);
}

/** Why there is nothing to be measured in a track with this largest magnitude and length; null where there is. */
export function noTempoIn(peak: number, durationSec: number): TempoResult | null {
  if (isSilent(peak)) return noTempo("silence");
  return durationSec < shortestSec ? noTempo("too-short") : null;
}

/** All that follows the onsets, at once. */
export function tempoOfOnsets(flux: OnsetFlux, rateHz: number, durationSec: number): TempoResult {
  const pulse = pulseOfOnsets(flux, rateHz, durationSec);
  return pulse ? countPulse(pulse, flux, rateHz, durationSec) : noTempo("no-stable-beat");
}

/** The pulse as it is heard; null where there is none. */
export function pulseOfOnsets(flux: OnsetFlux, rateHz: number, durationSec: number): Pulse | null {
  const count = segmentsOf(durationSec);
  const views: ViewedTempo[] = [];
  for (const view of onsetViews) {
    const values = onsetStrength(flux, view, rateHz);
    const scan = scanTempo(values, rateHz, emptyScan, [count, count]);
    const viewed = beatsInView(view, { values, rateHz }, scan, views[0]?.path.steady ?? false);
    if (!viewed) return null;
    views.push(viewed);
  }
  const [full, ...bands] = views;
  if (!full) return null;
  return describePulse(
    full,
    bands.map(({ beatsSec }) => beatsSec),
    rateHz,
    durationSec,
  );
}

/**
 * Decides the tempo of a scanned onset curve and tracks its beats; null where the full view has no tempo at all.
 *
 * @param keepSteady whether the track is known to keep to one tempo, so that this view's is not followed
 */
export function beatsInView(
  view: OnsetView,
  { values, rateHz }: { readonly values: Float32Array; readonly rateHz: number },
  scan: TempoScan,
  keepSteady: boolean,
): ViewedTempo | null {
  const periodicity = periodicityOf(scan, rateHz);
  const found = findTempo(periodicity);
  // A band by itself need not have a tempo: it is only compared.
  const stands = found && (view !== "full" || found.salience >= leastSalience(periodicity.windows));
  const overall = stands ? found : null;
  const path = followTempo(scan.segments, overall, keepSteady);
  if (!stands && !hasLastingTempo(path))
    return view === "full" ? null : { scan, overall, path, beatsSec: [] };
  const [first, ...others] = path.segments.map(({ bpm }) => (60 / bpm) * rateHz);
  if (first === undefined) return null;
  const beats = trackBeats(values, {
    valuesPerStretch: Math.round(segmentSec * rateHz),
    periods: path.steady ? [first] : [first, ...others],
  });
  return { scan, overall, path, beatsSec: beats.map((position) => position / rateHz) };
}

/**
 * A track as a whole may have no tempo because it has several. Chance shows one in a segment now and then: a tempo that is
 * meant is heard in half of them.
 */
function hasLastingTempo({ segments }: TempoPath): boolean {
  return segments.length > 1 && segments.filter(({ heard }) => heard).length >= segments.length / 2;
}
