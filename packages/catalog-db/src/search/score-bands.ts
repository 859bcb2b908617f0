/**
 * Scores as words of their own: a track that has `house` with 0.93 has `house` in the band from 0.9 up as well. How many tracks are in a band the planner knows, where of
 * a comparison it knows nothing and takes it for a third; and the index of words has it.
 */
import type { SearchFact } from "./search-facts.ts";

const bands = 10;
/** 0.3 times 10 is a little more than 3. */
const nearly = 1e-9;

/** Where words of bands are kept: beside those of their fact, where nobody counts them. */
export function bandFactOf({ id }: Pick<SearchFact, "id">): number {
  return -id;
}

/** The band that a score is in. */
export function bandOf(value: string, score: number): string {
  const band = Math.min(bands - 1, Math.max(0, Math.floor(score * bands + nearly)));
  return `${band}:${value}`;
}

/** The bands in which a score is at least so high, and whether all that is in them is. */
export function bandsFrom(
  value: string,
  leastScore: number,
): { readonly all: string[]; readonly isWhole: boolean } {
  const from = Math.min(bands - 1, Math.max(0, Math.floor(leastScore * bands + nearly)));
  const all = Array.from({ length: bands - from }, (_, n) => `${from + n}:${value}`);
  return { all, isWhole: leastScore <= 0 || Math.abs(leastScore * bands - from) < nearly };
}
