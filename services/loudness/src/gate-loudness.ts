/** Blocks quieter than this are never counted. */
const absoluteGateLufs = -70;
/** Below the loudness of what passes the absolute gate: of the integrated loudness, and of the range. */
const integratedGateLu = -10;
const rangeGateLu = -20;
/** In hops of 0.1 s. */
export const momentaryHops = 4;
export const shortTermHops = 30;

/** Loudness in LUFS of a mean square, summed over the channels. */
export function toLufs(meanSquare: number): number {
  return 10 * Math.log10(meanSquare) - 0.691;
}

function toMeanSquare(lufs: number): number {
  return 10 ** ((lufs + 0.691) / 10);
}

/** Means over each run of `length` hops; none if there are fewer. */
export function slidingMeans(hops: Float64Array, length: number): Float64Array {
  const means = new Float64Array(Math.max(0, hops.length - length + 1));
  for (let from = 0; from < means.length; from++) {
    let sum = 0;
    for (let i = from; i < from + length; i++) sum += hops[i] as number;
    means[from] = sum / length;
  }
  return means;
}

/** Those of `means` that pass the absolute gate and then the relative one. */
function gate(means: Float64Array, relativeGateLu: number): Float64Array {
  const audible = means.filter((mean) => mean > toMeanSquare(absoluteGateLufs));
  const threshold = meanOf(audible) * 10 ** (relativeGateLu / 10);
  return audible.filter((mean) => mean > threshold);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Integrated loudness in LUFS (BS.1770-4) of the mean squares of a track's hops; null if nothing passes the gates. */
export function integratedLoudness(hops: Float64Array): number | null {
  const counted = gate(slidingMeans(hops, momentaryHops), integratedGateLu);
  return counted.length === 0 ? null : toLufs(meanOf(counted));
}

/**
 * Loudness range in LU (EBU Tech 3342): from the 10th to the 95th percentile of the gated short-term loudness, every 0.1 s.
 * Null if nothing passes the gates.
 */
export function loudnessRange(hops: Float64Array): number | null {
  const counted = gate(slidingMeans(hops, shortTermHops), rangeGateLu).sort();
  if (counted.length === 0) return null;
  const percentile = (share: number) => counted[Math.round((counted.length - 1) * share)] ?? 0;
  return toLufs(percentile(0.95)) - toLufs(percentile(0.1));
}

/** The loudest run of `length` hops in LUFS; null if there is none, or only digital silence. */
export function loudestLufs(hops: Float64Array, length: number): number | null {
  const loudest = slidingMeans(hops, length).reduce((most, mean) => Math.max(most, mean), 0);
  return loudest === 0 ? null : toLufs(loudest);
}
