import { z } from "zod";
import { tempoGrid, tempoPreference, tempoSalience } from "./find-tempo.ts";
import {
  addCorrelation,
  averageOf,
  type CorrelationSum,
  type Periodicity,
  type PeriodicityWindows,
  periodicityWindows,
} from "./periodicity.ts";

/** Tempi that a segment of a track may have, the likeliest first: indices into the grid of tempi, and their salience. */
const SegmentTempi = z.object({
  /** How many windows of 12 s were averaged. */
  windows: z.int().nonnegative(),
  candidates: z.array(z.object({ index: z.int(), salience: z.number() })),
});
export type SegmentTempi = z.infer<typeof SegmentTempi>;

/** How far one onset curve has been looked at: plain data, to go on from elsewhere. */
export const TempoScan = z.object({
  sums: z.array(z.number()),
  windows: z.int().nonnegative(),
  nextWindow: z.int().nonnegative(),
  segments: z.array(SegmentTempi),
});
export type TempoScan = z.infer<typeof TempoScan>;

export const emptyScan: TempoScan = { sums: [], windows: 0, nextWindow: 0, segments: [] };

/** Tempo is told every 15 s, from the 30 s around each such segment's middle. */
export const segmentSec = 15;
const reachSec = 15;
/** Shorter tracks are one segment: nobody changes tempo in them. */
const shortestCurveSec = 60;
const candidatesPerSegment = 8;

/** How many segments a track has: one for each full 15 s from a minute on; the last takes what is left. */
export function segmentsOf(durationSec: number): number {
  return durationSec < shortestCurveSec ? 1 : Math.floor(durationSec / segmentSec);
}

/**
 * Looks at an onset curve up to segment `until` (excluded) of `count`: sums up its periodicity, and keeps the likeliest tempi of each
 * segment. However often a scan was cut and taken up, it is the same to the bit.
 */
export function scanTempo(
  values: Float32Array,
  rateHz: number,
  from: TempoScan,
  [until, count]: readonly [number, number],
): TempoScan {
  const windows = periodicityWindows(values, rateHz);
  const correlationOf = remembering(windows);
  const total: CorrelationSum = { sums: new Float64Array(windows.lags), windows: from.windows };
  total.sums.set(from.sums);
  let { nextWindow } = from;
  const segments = [...from.segments];
  for (let segment = segments.length; segment < until; segment++) {
    const { first, last } = windowsAround(windows, segment, count);
    for (; nextWindow <= last; nextWindow++) addCorrelation(total, correlationOf(nextWindow));
    const around: CorrelationSum = { sums: new Float64Array(windows.lags), windows: 0 };
    for (let index = first; index <= last; index++) addCorrelation(around, correlationOf(index));
    segments.push({ windows: around.windows, candidates: candidatesIn(averageOf(around, rateHz)) });
  }
  if (until === count)
    for (; nextWindow < windows.count; nextWindow++) addCorrelation(total, correlationOf(nextWindow));
  return { sums: [...total.sums], windows: total.windows, nextWindow, segments };
}

export function periodicityOf(
  { sums, windows }: Pick<TempoScan, "sums" | "windows">,
  rateHz: number,
): Periodicity {
  return averageOf({ sums: Float64Array.from(sums), windows }, rateHz);
}

/** The windows whose middle lies within reach of the segment's; the first and the last segment take all there are on their side. */
function windowsAround(windows: PeriodicityWindows, segment: number, count: number) {
  const middleSec = (segment + 0.5) * segmentSec;
  let first = 0;
  let last = windows.count - 1;
  if (segment > 0) while (first < last && windows.centreSec(first) < middleSec - reachSec) first++;
  if (segment < count - 1) while (last > first && windows.centreSec(last) > middleSec + reachSec) last--;
  return { first, last };
}

/** Segments share windows: the latest few are kept. */
function remembering(windows: PeriodicityWindows): (index: number) => Float64Array | null {
  const kept = new Map<number, Float64Array | null>();
  return (index) => {
    let correlation = kept.get(index);
    if (correlation === undefined) {
      correlation = windows.correlationOf(index);
      kept.set(index, correlation);
      if (kept.size > 16) kept.delete(Math.min(...kept.keys()));
    }
    return correlation;
  };
}

/** The summits of salience times preference over the grid, the highest first. */
function candidatesIn(periodicity: Periodicity): SegmentTempi["candidates"] {
  if (periodicity.windows === 0) return [];
  const saliences = tempoGrid.map((bpm) => tempoSalience(periodicity, bpm));
  const weight = (index: number) => (saliences[index] ?? 0) * tempoPreference(tempoGrid[index] ?? 1);
  return saliences
    .map((salience, index) => ({ index, salience: Math.round(salience * 1e6) / 1e6 }))
    .filter(({ index }) => weight(index) > weight(index - 1) && weight(index) >= weight(index + 1))
    .sort((a, b) => weight(b.index) - weight(a.index))
    .slice(0, candidatesPerSegment);
}
