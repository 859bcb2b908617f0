/** Triangular bands, flattened: band b sums `weights[i] * spectrum[firstBin[b] + ...]` for i in [start[b], start[b + 1]). */
export type MelBands = {
  readonly count: number;
  /** First spectrum bin of each band. */
  readonly firstBin: Int32Array;
  /** Where each band's weights begin in `weights`; one more entry than bands. */
  readonly start: Int32Array;
  readonly weights: Float64Array;
};

const toMel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
const toHz = (mel: number) => 700 * (10 ** (mel / 2595) - 1);

/** Bands equally spaced on the mel scale between two frequencies; the lowest are widened to hold at least one bin. */
export function createMelBands(
  count: number,
  frameSize: number,
  sampleRateHz: number,
  lowHz: number,
  highHz: number,
): MelBands {
  const step = (toMel(highHz) - toMel(lowHz)) / (count + 1);
  const edge = (i: number) => (toHz(toMel(lowHz) + step * i) * frameSize) / sampleRateHz;
  const firstBin = new Int32Array(count);
  const start = new Int32Array(count + 1);
  const weights: number[] = [];
  for (let b = 0; b < count; b++) {
    const centre = edge(b + 1);
    const left = Math.min(edge(b), centre - 1);
    const right = Math.max(edge(b + 2), centre + 1);
    const first = Math.max(1, Math.ceil(left));
    firstBin[b] = first;
    for (let bin = first; bin <= Math.min(frameSize / 2, Math.floor(right)); bin++) {
      const weight = bin <= centre ? (bin - left) / (centre - left) : (right - bin) / (right - centre);
      weights.push(Math.max(0, weight));
    }
    start[b + 1] = weights.length;
  }
  return { count, firstBin, start, weights: Float64Array.from(weights) };
}
