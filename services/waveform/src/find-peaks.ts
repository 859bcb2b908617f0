import { mergePeaks } from "@segue/dsp";

/** Frames per pixel, the finest first; each divides the next. Of four minutes: 20,672 pixels, 2,584 and 323. */
export const zooms = [512, 4_096, 32_768] as const;
export const finestZoom = zooms[0];

/** Pixels that `frames` frames take; the last one may stand for fewer. */
export function pixelsOf(frames: number, samplesPerPixel: number): number {
  return Math.ceil(frames / samplesPerPixel);
}

/**
 * Least and greatest samples of interleaved 16-bit frames, in 8 bits: for each pixel, for each channel, the two of them.
 * Values are cut towards zero, so that what is under half a percent of full scale is drawn as silence; past full scale the picture ends.
 * @param gain of the samples.
 */
export function findPeaks(block: Int16Array, channels: number, gain: number, into: Int8Array): void {
  const step = finestZoom * channels;
  for (let start = 0, at = 0; start < block.length; start += step) {
    const end = Math.min(block.length, start + step);
    for (let channel = 0; channel < channels; channel++) {
      let least = block[start + channel] as number;
      let greatest = least;
      for (let i = start + channel + channels; i < end; i += channels) {
        const sample = block[i] as number;
        if (sample < least) least = sample;
        else if (sample > greatest) greatest = sample;
      }
      into[at++] = toByte(least * gain);
      into[at++] = toByte(greatest * gain);
    }
  }
}

function toByte(sample: number): number {
  return Math.trunc(Math.max(-32_768, Math.min(32_767, sample)) / 256);
}

/** Peaks of pixels that each stand for `factor` of the given ones. */
export function coarsen(peaks: Int8Array, channels: number, factor: number): Int8Array {
  const step = 2 * channels;
  const pixels = peaks.length / step;
  const coarse = new Int8Array(pixelsOf(pixels, factor) * step);
  for (let pixel = 0; pixel * step < coarse.length; pixel++)
    coarse.set(
      mergePeaks(peaks, channels, pixel * factor, Math.min(pixels, (pixel + 1) * factor)),
      pixel * step,
    );
  return coarse;
}
