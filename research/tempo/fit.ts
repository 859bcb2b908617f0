/** One choice: what is known of each option, and which was right. */
export interface Sample {
  readonly options: readonly (readonly number[])[];
  readonly right: number;
  readonly weight: number;
}

const rounds = 250;
const rate = 0.05;

/**
 * Weights of a conditional logit, by Adam's method (D. Kingma, J. Ba, 2015) on all samples at once. Features are brought to unit
 * deviation while it learns, so that the penalty on squares means the same for each.
 */
export function fitLogit(samples: readonly Sample[], penalty: number): number[] {
  const size = samples[0]?.options[0]?.length ?? 0;
  const scales = deviations(samples, size);
  const scaled = samples.map((sample) => ({
    ...sample,
    options: sample.options.map((option) =>
      Float64Array.from(option, (value, j) => value / (scales[j] as number)),
    ),
  }));
  const weights = new Float64Array(size);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  for (let round = 1; round <= rounds; round++) {
    const slope = gradient(scaled, weights);
    for (let j = 0; j < size; j++) {
      const own = (slope[j] as number) + penalty * (weights[j] as number);
      first[j] = 0.9 * (first[j] as number) + 0.1 * own;
      second[j] = 0.99 * (second[j] as number) + 0.01 * own * own;
      const mean = (first[j] as number) / (1 - 0.9 ** round);
      const deviation = Math.sqrt((second[j] as number) / (1 - 0.99 ** round)) + 1e-8;
      weights[j] = (weights[j] as number) - (rate * mean) / deviation;
    }
  }
  return Array.from(weights, (weight, j) => weight / (scales[j] as number));
}

interface ScaledSample extends Omit<Sample, "options"> {
  readonly options: readonly Float64Array[];
}

function gradient(samples: readonly ScaledSample[], weights: Float64Array): Float64Array {
  const slope = new Float64Array(weights.length);
  const total = samples.reduce((sum, { weight }) => sum + weight, 0);
  for (const { options, right, weight } of samples) {
    const scores = options.map((option) => dot(option, weights));
    const highest = Math.max(...scores);
    const shares = scores.map((score) => Math.exp(score - highest));
    const sum = shares.reduce((all, share) => all + share, 0);
    options.forEach((option, i) => {
      const off = (((shares[i] as number) / sum - Number(i === right)) * weight) / total;
      for (let j = 0; j < option.length; j++) slope[j] = (slope[j] as number) + off * (option[j] as number);
    });
  }
  return slope;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}

function deviations(samples: readonly Sample[], size: number): Float64Array {
  const all = samples.flatMap(({ options }) => options);
  return Float64Array.from({ length: size }, (_, j) => {
    const values = all.map((option) => option[j] as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
  });
}

export interface Trial {
  readonly at: number;
  readonly isTrue: boolean;
}

/** How likely something is, by one number that is known of it: a logistic curve, with a little doubt added so that few trials are not taken for certain. */
export function fitLogistic(trials: readonly Trial[]) {
  let [bias, slope] = [0, 0];
  const probabilityAt = (at: number) => 1 / (1 + Math.exp(-(bias + slope * at)));
  // One trial of each kind is added at the middle (J. Platt, 1999, in spirit).
  const all = [...trials, { at: 0.5, isTrue: true }, { at: 0.5, isTrue: false }];
  for (let round = 0; round < 4_000; round++) {
    let [down, along] = [0, 0];
    for (const { at, isTrue } of all) {
      const off = probabilityAt(at) - Number(isTrue);
      down += off / all.length;
      along += (off * at) / all.length;
    }
    bias -= 2 * down;
    slope -= 2 * along;
  }
  return { bias, slope, probabilityAt };
}
