/** The 95 % interval of a share that was found in so many trials (E. B. Wilson, 1927): honest for few trials, and near 0 and 1. */
export function wilson(share: number, trials: number): { readonly low: number; readonly high: number } {
  if (trials === 0) return { low: 0, high: 1 };
  const z = 1.96;
  const middle = share + (z * z) / (2 * trials);
  const reach = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return { low: Math.max(0, (middle - reach) / scale), high: Math.min(1, (middle + reach) / scale) };
}

/** Something that was said to be right with a confidence of 0 to 1, and whether it was. */
export interface Said {
  readonly confidence: number;
  readonly isRight: boolean;
}

/** Those of like confidence. */
export interface Bin {
  readonly count: number;
  readonly meanConfidence: number;
  /** 0 to 1. */
  readonly right: number;
}

/** A reliability diagram's: as many as they are asked to be, of as many each as can be, by rising confidence. */
export function reliability(said: readonly Said[], bins = 5): Bin[] {
  const sorted = said.toSorted((a, b) => a.confidence - b.confidence);
  return Array.from({ length: bins }, (_, i) =>
    sorted.slice(Math.round((i * sorted.length) / bins), Math.round(((i + 1) * sorted.length) / bins)),
  )
    .filter((each) => each.length > 0)
    .map((each) => ({
      count: each.length,
      meanConfidence: each.reduce((sum, { confidence }) => sum + confidence, 0) / each.length,
      right: each.filter(({ isRight }) => isRight).length / each.length,
    }));
}

/** The mean distance of confidence from how often it was right, over such bins (expected calibration error). */
export function calibrationError(said: readonly Said[]): number {
  return reliability(said).reduce(
    (sum, { count, meanConfidence, right }) => sum + (count / said.length) * Math.abs(meanConfidence - right),
    0,
  );
}
