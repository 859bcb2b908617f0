import { type Mode, type PitchClass, pitchClasses } from "@segue/synth";
import type { ClipTruth } from "./clip.ts";

export interface Estimate {
  readonly bpm: number | null;
  readonly key: PitchClass | null;
  readonly mode: Mode | null;
  /** How sure it is, 0 to 1, of each part; null where it does not say. */
  readonly confidence: { readonly [what in Sure]: number | null };
}
/** `pulse`: the tempo up to the octave. `octave`: which multiple of it, if the pulse is right. */
export const sure = ["pulse", "octave", "key"] as const;
export type Sure = (typeof sure)[number];

export interface Score {
  /** MIREX: within 4 % of the truth; and the same, allowing half, double, a third and triple. 0 or 1. */
  readonly tempoExact: number;
  readonly tempoUpToOctave: number;
  /** Within 0.1 BPM of the truth, or of such a multiple of it. */
  readonly tempoFine: number;
  /** 0 or 1. */
  readonly keyExact: number;
  /** MIREX: 1 exact, 0.5 a fifth above, 0.3 relative, 0.2 parallel. */
  readonly keyWeighted: number;
}

const multiples = [1, 1 / 2, 2, 1 / 3, 3];
const fineBpm = 0.1;

export function scoreOf({ bpm, key, mode }: Estimate, truth: ClipTruth): Score {
  const near = (factor: number) => bpm !== null && Math.abs(bpm / (truth.bpm * factor) - 1) <= 0.04;
  const keyWeighted = key === null || mode === null ? 0 : weighKey(key, mode, truth);
  return {
    tempoExact: Number(near(1)),
    tempoUpToOctave: Number(multiples.some(near)),
    // Of a multiple, the tempo that is meant by it.
    tempoFine: Number(
      bpm !== null && multiples.some((factor) => Math.abs(bpm / factor - truth.bpm) <= fineBpm),
    ),
    keyExact: Number(keyWeighted === 1),
    keyWeighted,
  };
}

function weighKey(key: PitchClass, mode: Mode, truth: ClipTruth): number {
  if (truth.key === null) return 0;
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
    tempoFine: sum("tempoFine"),
    keyExact: sum("keyExact"),
    keyWeighted: sum("keyWeighted"),
  };
}
