import octave from "./octave-model.json" with { type: "json" };
import type { PulseFeatures } from "./pulse-features.ts";

/** Multiples of a pulse that people may count. */
export const countFactors: readonly number[] = [1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4];
const slowestBpm = 40;
const fastestBpm = 220;

/** A way to count a pulse. */
export interface Count {
  /** Times the pulse as it was heard. */
  readonly factor: number;
  /** 0 to 1: that people count it so, if the pulse is right. */
  readonly probability: number;
}

/** The ways to count a pulse, 40 to 220 BPM. */
export function countsOf(pulseBpm: number): number[] {
  return countFactors.filter((factor) => {
    const bpm = factor * pulseBpm;
    return factor === 1 || (bpm >= slowestBpm && bpm <= fastestBpm);
  });
}

/**
 * How people count a pulse, the way that is meant first: a conditional logit over its multiples (D. McFadden, 1974), fitted by `research/tempo` to
 * music of which the tempo is known, so that probabilities are those of music that was left out.
 */
export function chooseCount(features: PulseFeatures, pulseBpm: number): readonly [Count, ...Count[]] {
  const options = countsOf(pulseBpm).map((factor) => ({
    factor,
    features: features.of(factor * pulseBpm, pulseBpm),
  }));
  const [likeliest = { factor: 1, probability: 1 }, ...others] = chooseAmong(options, octave.weights);
  return [likeliest, ...others];
}

/** A way to count a pulse, and what is known of it. */
export interface CountOption {
  readonly factor: number;
  readonly features: readonly number[];
}

/** The same, by any weights: one for each feature. */
export function chooseAmong<Option extends CountOption>(
  options: readonly Option[],
  weights: readonly number[],
): (Option & Count)[] {
  const scores = options.map(({ features }) =>
    features.reduce((sum, feature, i) => sum + feature * (weights[i] ?? 0), 0),
  );
  const highest = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - highest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return options
    .map((option, i) => ({ ...option, probability: (shares[i] ?? 0) / total }))
    .sort((a, b) => preference(b) - preference(a));
}

/** Pulses are right up to the octave, nearly always: another meaning of one is taken where it is likelier than all others together. */
function preference({ factor, probability }: Count): number {
  return isOctave(factor) || probability > 0.5 ? 1 + probability : probability;
}

/** Of a pulse in threes too, as half and double are of one in twos. */
function isOctave(factor: number): boolean {
  return [1, 2, 3, 4].some((times) => factor === times || factor === 1 / times);
}

/** 0 to 1: that a pulse is right up to the octave, which was heard with this salience and agreement of views. */
export function pulseProbability(heard: number): number {
  return 1 / (1 + Math.exp(-(octave.pulse.bias + octave.pulse.slope * heard)));
}
