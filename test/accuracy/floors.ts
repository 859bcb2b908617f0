import type { Clip } from "./clip.ts";
import type { Score } from "./score.ts";

/** What annotated music is found at least: one clip under what was measured, so that a change of rounding is no failure. */
export const floors: Score = {
  tempoExact: 49,
  tempoUpToOctave: 55,
  tempoFine: 54,
  keyExact: 44,
  keyWeighted: 47,
};

/** Of every fifth clip, which stand for all of them in the short form. */
export const shortFloors: Score = {
  tempoExact: 7,
  tempoUpToOctave: 11,
  tempoFine: 0,
  keyExact: 11,
  keyWeighted: 11,
};

export function everyFifth(clips: readonly Clip[]): Clip[] {
  return clips.filter((_, index) => index % 5 === 0);
}

/** The figures of a score that are below their floors, in words. */
export function findBelow(score: Score, least: Score): string[] {
  const names = Object.keys(least) as (keyof Score)[];
  return names.flatMap((name) =>
    score[name] < least[name] ? [`${name}: ${score[name]}, at least ${least[name]} is asked for`] : [],
  );
}
