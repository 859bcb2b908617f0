import { createPowerSpectrum } from "./power-spectrum.ts";

/** Power spectra of a signal's frames under a Hann window. */
export interface HannSpectrum {
  /** Samples per frame; a power of two. */
  readonly frameSize: number;
  /** Reads frameSize samples from `start` on (what lies outside counts as zero); the result is overwritten by the next call. */
  of(samples: Float32Array, start: number): Float32Array;
}

/** @param frameSize a power of two, at least 8. The spectrum has frameSize / 2 + 1 bins, scaled so that a full-scale sine at a bin's centre reads 0.25. */
export function createHannSpectrum(frameSize: number): HannSpectrum {
  const computePower = createPowerSpectrum(frameSize);
  const window = hannWindow(frameSize);
  const frame = new Float64Array(frameSize);
  const power = new Float32Array(frameSize / 2 + 1);
  const scale = 1 / (frameSize / 2) ** 2;
  return {
    frameSize,
    of(samples, start) {
      const first = Math.max(0, -start);
      const end = Math.min(frameSize, samples.length - start);
      if (first > 0 || end < frameSize) frame.fill(0);
      for (let i = first; i < end; i++) frame[i] = (samples[start + i] as number) * (window[i] as number);
      computePower(frame, power, scale);
      return power;
    },
  };
}

/** The periodic one. */
export function hannWindow(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
}
