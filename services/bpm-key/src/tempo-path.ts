import { z } from "zod";
import { fastestBpm, leastSalience, type TempoCandidate, tempoGrid, tempoPreference } from "./find-tempo.ts";
import type { SegmentTempi } from "./tempo-scan.ts";

/** The tempo at which beats are counted in one segment of a track. */
const SegmentTempo = z.object({
  bpm: z.number(),
  /** How far it stands out there; 0 where nothing does. */
  salience: z.number(),
  /** Whether it stands out further than chance alone would have it. */
  heard: z.boolean(),
});
export type SegmentTempo = z.infer<typeof SegmentTempo>;

export const TempoPath = z.object({
  /** One for each segment. */
  segments: z.array(SegmentTempo),
  /** Whether the whole track keeps to one tempo. */
  steady: z.boolean(),
});
export type TempoPath = z.infer<typeof TempoPath>;

/** What counts as the same tempo: 4 %, as tempo estimates are usually scored. */
export const sameTempoRatio = 1.04;
/** The salience that going to another tempo must win, in all; drifting costs its share of it. */
const changeCost = 0.5;
const fullChangeOctaves = 0.25;
/** A segment that would rather be counted in another way keeps the track's tempo, if that explains it half as well. */
const leastShareOfBest = 0.5;

export function isSameTempo(a: number, b: number): boolean {
  return Math.max(a / b, b / a) <= sameTempoRatio;
}

/**
 * Follows the tempo through a track: of each segment's candidates the one that makes the likeliest sequence, where changes cost
 * (A. Viterbi's algorithm). A track whose segments all agree with its overall tempo, up to the octave, is steady.
 *
 * @param overall what the whole track's periodicity says; @param keepSteady the track is known to be steady
 */
export function followTempo(
  segments: readonly SegmentTempi[],
  overall: TempoCandidate | null,
  keepSteady = false,
): TempoPath {
  const chosen = likeliestSequence(segments);
  if (overall && (keepSteady || segments.every((segment, i) => keepsTo(overall, segment, chosen[i])))) {
    const { bpm } = overall;
    return { steady: true, segments: segments.map((segment, i) => describe(segment, chosen[i], () => bpm)) };
  }
  const double = overall?.doubled ?? false;
  const counted = (bpm: number) => (double && 2 * bpm <= fastestBpm ? 2 * bpm : bpm);
  const path = segments.map((segment, i) => describe(segment, chosen[i], counted));
  return { steady: false, segments: withoutGaps(path, overall?.bpm ?? null) };
}

type Chosen = SegmentTempi["candidates"][number] | undefined;

function describe({ windows }: SegmentTempi, chosen: Chosen, counted: (bpm: number) => number): SegmentTempo {
  const heard = chosen !== undefined && chosen.salience >= leastSalience(windows);
  const bpm = chosen ? (tempoGrid[chosen.index] ?? 0) : 0;
  return { bpm: counted(bpm), salience: chosen?.salience ?? 0, heard };
}

/** Segments in which nothing begins are counted as those before them, or after. */
function withoutGaps(path: readonly SegmentTempo[], overallBpm: number | null): SegmentTempo[] {
  let bpm = path.find((segment) => segment.bpm > 0)?.bpm ?? overallBpm ?? 120;
  return path.map((segment) => {
    if (segment.bpm > 0) bpm = segment.bpm;
    return { ...segment, bpm };
  });
}

function keepsTo(overall: TempoCandidate, { windows, candidates }: SegmentTempi, chosen: Chosen): boolean {
  if (!chosen || chosen.salience < leastSalience(windows)) return true;
  const weightOf = ({ index, salience }: NonNullable<Chosen>) =>
    salience * tempoPreference(tempoGrid[index] ?? 1);
  const own = weightOf(chosen);
  return candidates.some((candidate) => {
    const bpm = tempoGrid[candidate.index] ?? 1;
    const same = [0.5, 1, 2].some((octave) => isSameTempo(bpm * octave, overall.bpm));
    return same && weightOf(candidate) >= leastShareOfBest * own;
  });
}

function likeliestSequence(segments: readonly SegmentTempi[]): Chosen[] {
  type Step = {
    readonly candidate: NonNullable<Chosen>;
    readonly score: number;
    readonly before: Step | null;
  };
  let ends: Step[] = [];
  for (const { candidates } of segments) {
    if (candidates.length === 0) continue;
    ends = candidates.map((candidate): Step => {
      const own = candidate.salience * tempoPreference(tempoGrid[candidate.index] ?? 1);
      let best: Step | null = null;
      let bestScore = 0;
      for (const end of ends) {
        const score = end.score - costOf(end.candidate.index, candidate.index);
        if (!best || score > bestScore) [best, bestScore] = [end, score];
      }
      return { candidate, score: bestScore + own, before: best };
    });
  }
  let step = ends.reduce<Step | null>((best, end) => (best && best.score >= end.score ? best : end), null);
  const chosen: Chosen[] = segments.map(() => undefined);
  for (let i = segments.length - 1; i >= 0 && step; i--) {
    if (segments[i]?.candidates.length === 0) continue;
    chosen[i] = step.candidate;
    step = step.before;
  }
  return chosen;
}

function costOf(from: number, to: number): number {
  const octaves = Math.abs(Math.log2((tempoGrid[to] ?? 1) / (tempoGrid[from] ?? 1)));
  return changeCost * Math.min(1, octaves / fullChangeOctaves);
}
