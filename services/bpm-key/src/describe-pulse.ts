import { essentia } from "./essentia.ts";
import { isEvenPulse } from "./find-tempo.ts";
import { isSameTempo, type SegmentTempo } from "./tempo-path.ts";
import { clamp, type TempoPoint } from "./tempo-result.ts";
import { periodicityOf, segmentSec } from "./tempo-scan.ts";
import type { ViewedTempo } from "./viewed-tempo.ts";

/** From here on a track counts as a mix of several: its tempo is the one that most of the time has, even where it never changes much. */
const mixSec = 15 * 60;
const prevailingRatio = 1.02;
/** essentia.js passes over the beats of the first 5 s. */
const passedOverSec = 5;

/** A pulse as it was heard: how people count it is another question. */
export interface Pulse {
  /** Beats per minute. */
  readonly bpm: number;
  /** 0 to 1: how far it stands out, and how well the views agree. */
  readonly confidence: number;
  /** Whether the track as a whole has it; else most of the time has, and confidence is of each point of the curve. */
  readonly isSteady: boolean;
  readonly curve: readonly TempoPoint[];
  readonly beatsSec: readonly number[];
  /** Whether every tick is like the one before it: there is nothing to be counted in pairs. */
  readonly isEven: boolean;
}

/** Brings together what was found in the full view, and the beats of the bands by themselves; null where there is no tempo after all. */
export function describePulse(
  full: ViewedTempo,
  bandBeatsSec: readonly (readonly number[])[],
  rateHz: number,
  durationSec: number,
): Pulse | null {
  const periodicity = periodicityOf(full.scan, rateHz);
  const beats = [full.beatsSec, ...bandBeatsSec];
  const points = full.path.segments.map((segment, i) =>
    pointAt(segment, i, i === full.path.segments.length - 1 ? durationSec : null, beats),
  );
  const one = full.path.steady && durationSec < mixSec;
  const overall = one ? steadyTempo(full, beats) : prevailingTempo(points, durationSec);
  if (!overall) return null;
  return {
    ...overall,
    curve: points.length === 1 ? [{ startSec: 0, ...overall }] : points,
    beatsSec: full.beatsSec,
    isSteady: one,
    isEven: isEvenPulse(periodicity, overall.bpm),
  };
}

type Tempo = { readonly bpm: number; readonly confidence: number };

function confidenceOf(salience: number, agreement: number): number {
  return clamp(0.5 * Math.min(1, salience / 0.4) + 0.5 * Math.min(1, agreement / 4));
}

function steadyTempo({ beatsSec, overall, path }: ViewedTempo, beats: readonly (readonly number[])[]): Tempo {
  const pulse = path.segments[0]?.bpm ?? 0;
  const bpm = measureTempo(beatsSec, pulse);
  return { bpm, confidence: confidenceOf(overall?.salience ?? 0, essentia().beatAgreement(beats)) };
}

/** The tempo that most of the time has, within 2 %, and no confidence in the rest of it. Null where none is heard anywhere. */
function prevailingTempo(points: readonly TempoPoint[], durationSec: number): Tempo | null {
  const heard = points.flatMap(({ bpm, confidence, startSec }, i) => {
    const sec = (points[i + 1]?.startSec ?? durationSec) - startSec;
    return bpm === null ? [] : [{ bpm, confidence, sec }];
  });
  const around = heard.map(({ bpm }) => {
    const near = heard.filter((other) => Math.max(other.bpm / bpm, bpm / other.bpm) <= prevailingRatio);
    return { near, sec: near.reduce((sum, point) => sum + point.sec, 0) };
  });
  const best = around.reduce((most, group) => (group.sec > most.sec ? group : most), { near: [], sec: 0 });
  const tempi = best.near.map(({ bpm }) => bpm).sort((a, b) => a - b);
  const bpm = tempi[tempi.length >> 1];
  const sure = best.near.reduce((sum, { confidence, sec }) => sum + confidence * sec, 0);
  return bpm === undefined ? null : { bpm, confidence: clamp(sure / durationSec) };
}

/** One point of the curve: from the beats of the 30 s around the segment's middle. */
function pointAt(
  { bpm, heard, salience }: SegmentTempo,
  index: number,
  endSec: number | null,
  beats: readonly (readonly number[])[],
): TempoPoint {
  const startSec = index * segmentSec;
  // One beat alone, at its edge, is no pulse.
  const silent = between(beats[0] ?? [], startSec, endSec ?? startSec + segmentSec).length < 2;
  if (!heard || silent) return { startSec, bpm: null, confidence: 0 };
  const fromSec = startSec - segmentSec / 2;
  const toSec = endSec ?? startSec + 1.5 * segmentSec;
  const near = beats.map((view) => between(view, fromSec, toSec).map((sec) => sec - fromSec + passedOverSec));
  const own = measureTempo(near[0] ?? [], bpm);
  return { startSec, bpm: own, confidence: confidenceOf(salience, essentia().beatAgreement(near)) };
}

function between(ascending: readonly number[], from: number, to: number): readonly number[] {
  const indexOf = (sec: number) => {
    let [low, high] = [0, ascending.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ascending[middle] ?? 0) < sec) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return ascending.slice(indexOf(from), indexOf(to));
}

/** The tempo of beats that were tracked at one; that one, where they say another: a pause lengthens the spans that it is in, which may be most of them. */
function measureTempo(beatsSec: readonly number[], bpm: number): number {
  const measured = tempoOfBeats(beatsSec);
  return measured !== null && isSameTempo(measured, bpm) ? measured : bpm;
}

/** The median over spans of many beats: a hundred times finer than one interval, and a slip hurts only the spans it is in. */
function tempoOfBeats(beatsSec: readonly number[]): number | null {
  const span = Math.min(32, Math.floor(beatsSec.length / 2));
  if (span < 2) return null;
  const intervals = beatsSec
    .slice(span)
    .map((sec, i) => (sec - (beatsSec[i] as number)) / span)
    .sort((a, b) => a - b);
  return 60 / (intervals[intervals.length >> 1] as number);
}
