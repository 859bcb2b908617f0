import { type Mode, type PitchClass, pitchClasses } from "@segue/synth";
import type { ClipTruth } from "./clip.ts";

export interface Estimate {
  readonly bpm: number | null;
  readonly key: PitchClass | null;
  readonly mode: Mode | null;
}

export interface Score {
  /** MIREX: within 4 % of the truth; and the same, allowing half, double, a third and triple. 0 or 1. */
  readonly tempoExact: number;
  readonly tempoUpToOctave: number;
  /** 0 or 1. */
  readonly keyExact: number;
  /** MIREX: 1 exact, 0.5 a fifth above, 0.3 relative, 0.2 parallel. */
  readonly keyWeighted: number;
}

export function scoreOf({ bpm, key, mode }: Estimate, truth: ClipTruth): Score {
  const near = (factor: number) => bpm !== null && Math.abs(bpm / (truth.bpm * factor) - 1) <= 0.04;
  const keyWeighted = key === null || mode === null ? 0 : weighKey(key, mode, truth);
  return {
    tempoExact: Number(near(1)),
    tempoUpToOctave: Number([1, 1 / 2, 2, 1 / 3, 3].some(near)),
    keyExact: Number(keyWeighted === 1),
    keyWeighted,
  };
}

function weighKey(key: PitchClass, mode: Mode, truth: ClipTruth): number {
  const above = (pitchClasses.indexOf(key) - pitchClasses.indexOf(truth.key) + 12) % 12;
  if (mode === truth.mode) return above === 0 ? 1 : above === 7 ? 0.5 : 0;
  if (above === (truth.mode === "minor" ? 3 : 9)) return 0.3;
  return above === 0 ? 0.2 : 0;
}

export function sumScores(scores: readonly Score[]): Score {
  const sum = (name: keyof Score) => scores.reduce((total, score) => total + score[name], 0);
  return {
    tempoExact: sum("tempoExact"),
    tempoUpToOctave: sum("tempoUpToOctave"),
    keyExact: sum("keyExact"),
    keyWeighted: sum("keyWeighted"),
  };
}
