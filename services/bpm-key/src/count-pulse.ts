import { type Count, chooseCount, pulseProbability } from "./choose-count.ts";
import type { Pulse } from "./describe-pulse.ts";
import { type OnsetFlux, onsetStrength } from "./onset-strength.ts";
import { viewPulse } from "./pulse-features.ts";
import { isSameTempo } from "./tempo-path.ts";
import {
  type Alternative,
  round,
  type TempoPoint,
  type TempoRelation,
  type TempoResult,
  writeBeats,
} from "./tempo-result.ts";
import { segmentSec } from "./tempo-scan.ts";
import { trackBeats } from "./track-beats.ts";

const relations: readonly (readonly [TempoRelation, number])[] = [
  ["half", 1 / 2],
  ["double", 2],
  ["third", 1 / 3],
  ["triple", 3],
  ["two-thirds", 2 / 3],
  ["three-halves", 3 / 2],
];
/** Windows of 12 s that are looked at in all, which is a fifth of a CPU-second: a mix of a hundred tempi takes no longer than a song. */
const mostWindows = 120;
/** From here on another way to count is worth a word; half and double always are. */
const leastProbability = 0.02;

/** A stretch of a track with one pulse. */
interface Run {
  readonly points: readonly TempoPoint[];
  readonly pulseBpm: number;
  readonly fromSec: number;
  readonly toSec: number;
}

interface CountedRun extends Run {
  readonly counts: readonly [Count, ...Count[]];
}

/** Decides how people count a pulse, each stretch that keeps to one by itself, and counts its beats so. */
export function countPulse(pulse: Pulse, flux: OnsetFlux, rateHz: number, durationSec: number): TempoResult {
  const stretches = runsOf(pulse, durationSec);
  const windows = Math.max(1, Math.floor(mostWindows / stretches.length));
  const runs = stretches.map((run): CountedRun => {
    const features = () => viewPulse(partOf(flux, run, rateHz), rateHz, windows);
    return { ...run, counts: pulse.isEven ? [asHeard] : chooseCount(features(), run.pulseBpm) };
  });
  const main = longest(runs.filter((run) => hasTempo(run, pulse.bpm))) ?? longest(runs);
  const counts: CountedRun["counts"] = main?.counts ?? [asHeard];
  const [{ factor, probability }] = counts;
  const pulseConfidence = pulse.isSteady
    ? pulseProbability(pulse.confidence)
    : lastingProbability(pulse, durationSec);
  const points = runs.flatMap((run) => run.points.map((point) => countPoint(point, run.counts[0])));
  return {
    bpm: round(pulse.bpm * factor, 2),
    confidence: round(pulseConfidence * probability, 3),
    pulseConfidence: round(pulseConfidence, 3),
    octaveConfidence: round(probability, 3),
    curve: points,
    ...writeBeats(countBeats(pulse, runs, points, flux, rateHz)),
    alternatives: alternativesTo(pulse.bpm * factor, counts),
  };
}

/** Of a tempo that most of the time has, and not all: no confidence in the rest of it. */
function lastingProbability({ bpm, curve }: Pulse, durationSec: number): number {
  const sure = curve.map(({ bpm: own, confidence, startSec }, i) => {
    const sec = (curve[i + 1]?.startSec ?? durationSec) - startSec;
    return own !== null && isSameTempo(own, bpm) ? sec * pulseProbability(confidence) : 0;
  });
  return sure.reduce((sum, each) => sum + each, 0) / durationSec;
}

/** What has one way to be counted alone. */
const asHeard: Count = { factor: 1, probability: 1 };

/** Points that have the same pulse, one after the other; those without any belong to what is before them. */
function runsOf({ curve, bpm, isSteady }: Pulse, durationSec: number): Run[] {
  const groups: TempoPoint[][] = [];
  let last: number | null = null;
  for (const point of curve) {
    const goesOn = point.bpm === null || last === null || isSameTempo(point.bpm, last);
    const group = groups.at(-1);
    if (group && goesOn) group.push(point);
    else groups.push([point]);
    last = point.bpm ?? last;
  }
  return groups.map((points, i) => {
    const heard = points.flatMap((point) => point.bpm ?? []).sort((a, b) => a - b);
    return {
      points,
      // A steady track's tempo is known better than that of its parts.
      pulseBpm: isSteady ? bpm : (heard[heard.length >> 1] ?? bpm),
      fromSec: points[0]?.startSec ?? 0,
      toSec: groups[i + 1]?.[0]?.startSec ?? durationSec,
    };
  });
}

/** One that drifts has it somewhere. */
function hasTempo({ points }: Run, bpm: number): boolean {
  return points.some((point) => point.bpm !== null && isSameTempo(point.bpm, bpm));
}

function longest<R extends Run>(runs: readonly R[]): R | undefined {
  return runs.toSorted((a, b) => b.toSec - b.fromSec - (a.toSec - a.fromSec))[0];
}

function partOf(flux: OnsetFlux, { fromSec, toSec }: Run, rateHz: number): OnsetFlux {
  const part = (values: Float32Array) =>
    values.subarray(Math.round(fromSec * rateHz), Math.round(toSec * rateHz));
  return { low: part(flux.low), mid: part(flux.mid), high: part(flux.high) };
}

function countPoint({ startSec, bpm, confidence }: TempoPoint, { factor, probability }: Count): TempoPoint {
  if (bpm === null) return { startSec, bpm, confidence };
  return {
    startSec,
    bpm: round(bpm * factor, 2),
    confidence: round(pulseProbability(confidence) * probability, 3),
  };
}

function countBeats(
  pulse: Pulse,
  runs: readonly CountedRun[],
  points: readonly TempoPoint[],
  flux: OnsetFlux,
  rateHz: number,
): readonly number[] {
  if (runs.every(({ counts: [{ factor }] }) => factor === 1)) return pulse.beatsSec;
  const [{ counts } = { counts: [asHeard] as const }] = runs;
  let bpm = pulse.bpm * counts[0].factor;
  const periods = points.map((point) => {
    bpm = pulse.isSteady ? bpm : (point.bpm ?? bpm);
    return (60 / bpm) * rateHz;
  });
  const [first = (60 / bpm) * rateHz, ...others] = periods;
  const beats = trackBeats(onsetStrength(flux, "full", rateHz), {
    valuesPerStretch: Math.round(segmentSec * rateHz),
    periods: [first, ...others],
  });
  return beats.map((position) => position / rateHz);
}

function alternativesTo(bpm: number, counts: readonly [Count, ...Count[]]): Alternative[] {
  const [{ factor }] = counts;
  const probabilityOf = (times: number) =>
    counts.find((count) => Math.abs(count.factor / (factor * times) - 1) < 1e-6)?.probability ?? 0;
  return relations
    .map(([relation, times]) => ({
      relation,
      bpm: round(bpm * times, 2),
      probability: round(probabilityOf(times), 3),
    }))
    .filter(({ bpm: other }) => other >= 30 && other <= 300)
    .filter(
      ({ relation, probability }) =>
        relation === "half" || relation === "double" || probability >= leastProbability,
    )
    .sort((a, b) => b.probability - a.probability);
}
