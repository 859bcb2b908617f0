import { studentT95 } from "../../test/soak/fit-line.ts";

/** What one side has taken, in the same round as the other: less is better. */
export interface Pair {
  readonly ours: number;
  readonly theirs: number;
}

/** How often as long (as much) we take as they do. */
export interface Ratio {
  readonly ratio: number;
  /** Of the 95 % confidence interval; none of a single round. */
  readonly low: number;
  readonly high: number;
}

/** What is not told from it is level: a twentieth is less than what changes with where code happens to lie. */
const levelUpTo = 1.05;

/**
 * The geometric mean of what rounds have come to, and its interval: a round that the machine was busy in is busy for both, so each counts by its own ratio.
 *
 * @throws {RangeError} for no rounds, and for what is not above 0.
 */
export function ratioOf(pairs: readonly Pair[]): Ratio {
  if (pairs.length === 0) throw new RangeError("expected a round or more, got none");
  const logs = pairs.map(({ ours, theirs }) => {
    if (!(ours > 0 && theirs > 0))
      throw new RangeError(`expected figures above 0, got ${ours} and ${theirs}`);
    return Math.log(ours / theirs);
  });
  const n = logs.length;
  const mean = logs.reduce((sum, log) => sum + log, 0) / n;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (n - 1);
  const margin = n === 1 ? Number.POSITIVE_INFINITY : studentT95(n - 1) * Math.sqrt(variance / n);
  return { ratio: Math.exp(mean), low: Math.exp(mean - margin), high: Math.exp(mean + margin) };
}

export type Verdict = "slower" | "faster" | "level" | "not told";

/** `not told`: it may be slower, and may not be; more rounds tell. */
export function judge({ low, high }: Ratio): Verdict {
  if (low > levelUpTo) return "slower";
  if (high < 1 / levelUpTo) return "faster";
  return high <= levelUpTo ? "level" : "not told";
}
