/** How stubbornly beats keep their period; higher follows less. The value of Ellis' paper's later code, for curves of unit deviation. */
const tightness = 400;

/** The expected beat period, in values (more than 2), of each stretch of a curve; the last one goes on to the end. */
export interface Periods {
  readonly valuesPerStretch: number;
  readonly periods: readonly [number, ...number[]];
}

/**
 * Beats by dynamic programming: the sequence of times that best agrees with the onsets while its intervals stay near the
 * period (D. P. W. Ellis: Beat tracking by dynamic programming, J. New Music Research 36, 2007).
 *
 * @param values onset strength
 * @returns positions in values, ascending, refined between the values; empty for an empty curve
 */
export function trackBeats(values: Float32Array, expected: Periods): number[] {
  const { periods } = expected;
  const middle = periods.toSorted((a, b) => a - b)[periods.length >> 1] ?? periods[0];
  const local = smoothed(values, Math.max(1, Math.round(middle / 32)));
  const { score, previous } = accumulate(local, expected);
  let beat = lastBeat(score, Math.round(periods.at(-1) ?? middle));
  const beats: number[] = [];
  while (beat >= 0) {
    beats.push(refine(local, beat));
    beat = previous[beat] as number;
  }
  return trimmed(beats.reverse(), local);
}

function accumulate(
  local: Float32Array,
  { valuesPerStretch, periods }: Periods,
): { score: Float64Array; previous: Int32Array } {
  // Sums over hours: at 32 bits what one beat adds would drown in them.
  const score = new Float64Array(local.length);
  const previous = new Int32Array(local.length).fill(-1);
  periods.forEach((period, stretch) => {
    const from = stretch * valuesPerStretch;
    const last = stretch === periods.length - 1;
    const to = last ? local.length : Math.min(local.length, from + valuesPerStretch);
    accumulateStretch(local, period, [from, to], score, previous);
  });
  return { score, previous };
}

function accumulateStretch(
  local: Float32Array,
  period: number,
  [from, to]: readonly [number, number],
  score: Float64Array,
  previous: Int32Array,
): void {
  const shortest = Math.round(period / 2);
  const longest = Math.round(period * 2);
  const penalty = Float64Array.from({ length: longest + 1 }, (_, lag) =>
    lag < shortest ? 0 : tightness * Math.log(lag / period) ** 2,
  );
  for (let i = from; i < to; i++) {
    let best = 0;
    for (let lag = shortest; lag <= longest && lag <= i; lag++) {
      const candidate = (score[i - lag] as number) - (penalty[lag] as number);
      if (candidate > best) {
        best = candidate;
        previous[i] = i - lag;
      }
    }
    score[i] = (local[i] as number) + best;
  }
}

/** The best end of a sequence within the last beat period. */
function lastBeat(score: Float64Array, period: number): number {
  let last = score.length - 1;
  for (let i = Math.max(0, score.length - period); i < score.length; i++) {
    if ((score[i] as number) > (score[last] as number)) last = i;
  }
  return last;
}

/** Gaussian smoothing, scaled to unit deviation so that the tightness means the same for every track. */
function smoothed(values: Float32Array, width: number): Float32Array {
  const reach = 2 * width;
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - reach) / width) ** 2),
  );
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2 / values.length;
  const scale = 1 / Math.sqrt(variance || 1);
  return values.map((_, i) => {
    let sum = 0;
    for (let k = Math.max(-reach, -i); k <= reach && i + k < values.length; k++) {
      sum += (kernel[k + reach] as number) * (values[i + k] as number);
    }
    return sum * scale;
  });
}

/** The summit of the parabola through a peak and its neighbours; the position itself where it is no peak. */
function refine(local: Float32Array, i: number): number {
  const [left, middle, right] = [local[i - 1], local[i], local[i + 1]];
  if (left === undefined || middle === undefined || right === undefined) return i;
  if (middle < left || middle < right) return i;
  const bend = left - 2 * middle + right;
  return bend === 0 ? i : i + (0.5 * (left - right)) / bend;
}

/** Of the usual strength: what the first and the last beat have at least, and what a rest in the music stays under. */
const edgeShare = 0.25;
const restShare = 0.1;
/** A rest of two bars of four is still counted through; a longer one has no pulse. */
const longestRestBeats = 8;

/**
 * Leaves out beats where there is no pulse: in the silence before the music and after it, and in any that is longer than two
 * bars, since nobody taps through a minute of it.
 */
function trimmed(beats: number[], local: Float32Array): number[] {
  const strengths = beats.map((beat) => local[Math.round(beat)] as number);
  const typical = Math.sqrt(strengths.reduce((sum, s) => sum + s * s, 0) / Math.max(1, strengths.length));
  const begins = (strength: number) => strength > edgeShare * typical;
  const first = strengths.findIndex(begins);
  const last = strengths.findLastIndex(begins);
  const rests = restsOf(strengths.map((strength) => strength <= restShare * typical));
  return beats.filter((_, i) => i >= first && i <= last && (rests[i] ?? 0) <= longestRestBeats);
}

/** For each beat, how many beats the rest has that it lies in; 0 for one that sounds. */
function restsOf(silent: readonly boolean[]): number[] {
  const lengths = silent.map(() => 0);
  for (let from = 0; from < silent.length; ) {
    let to = from;
    while (silent[to]) to += 1;
    lengths.fill(to - from, from, to);
    from = to + 1;
  }
  return lengths;
}
