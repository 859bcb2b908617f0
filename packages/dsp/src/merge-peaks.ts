/**
 * Peaks of a signal: for each pixel, for each channel, the least and the greatest of the samples that it stands for.
 *
 * @returns what pixels `from` to `to` (excluded) are as one, in the range of a byte.
 */
export function mergePeaks(
  peaks: ArrayLike<number>,
  channels: number,
  from: number,
  to: number,
): Int8Array<ArrayBuffer> {
  const step = 2 * channels;
  const merged = new Int8Array(step);
  for (let channel = 0; channel < channels; channel++) {
    let least = 127;
    let greatest = -128;
    for (let at = from * step + 2 * channel; at < to * step; at += step) {
      least = Math.min(least, peaks[at] as number);
      greatest = Math.max(greatest, peaks[at + 1] as number);
    }
    merged[2 * channel] = least;
    merged[2 * channel + 1] = greatest;
  }
  return merged;
}
