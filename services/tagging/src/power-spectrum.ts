/** Computes |FFT|^2 of real frames of one fixed, power-of-two size. */
export type PowerSpectrum = (frame: Float32Array, power: Float32Array) => void;

/**
 * The real FFT of `size` samples by a complex radix-2 FFT of half the size (even samples real, odd samples imaginary, split
 * afterwards: Sorensen et al. 1987). `power` takes size / 2 + 1 values. Buffers are shared between calls.
 */
export function createPowerSpectrum(size: number): PowerSpectrum {
  const half = size / 2;
  const bits = Math.log2(half);
  if (!Number.isInteger(bits) || bits < 1)
    throw new RangeError(`size must be a power of two from 4, got ${size}`);
  const reversed = Uint16Array.from({ length: half }, (_, i) => {
    let r = 0;
    for (let b = 0; b < bits; b++) r |= ((i >> b) & 1) << (bits - 1 - b);
    return r;
  });
  const cos = Float64Array.from({ length: half + 1 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
  const sin = Float64Array.from({ length: half + 1 }, (_, i) => Math.sin((2 * Math.PI * i) / size));
  const re = new Float64Array(half);
  const im = new Float64Array(half);

  return (frame, power) => {
    for (let i = 0; i < half; i++) {
      const at = reversed[i] ?? 0;
      re[at] = frame[2 * i] ?? 0;
      im[at] = frame[2 * i + 1] ?? 0;
    }
    butterflies(re, im, cos, sin);
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k;
      const b = k === 0 ? 0 : half - k;
      const evenRe = ((re[a] ?? 0) + (re[b] ?? 0)) / 2;
      const evenIm = ((im[a] ?? 0) - (im[b] ?? 0)) / 2;
      const oddRe = ((im[a] ?? 0) + (im[b] ?? 0)) / 2;
      const oddIm = ((re[b] ?? 0) - (re[a] ?? 0)) / 2;
      const c = cos[k] ?? 0;
      const s = sin[k] ?? 0;
      const sumRe = evenRe + c * oddRe + s * oddIm;
      const sumIm = evenIm + c * oddIm - s * oddRe;
      power[k] = sumRe * sumRe + sumIm * sumIm;
    }
  };
}

function butterflies(re: Float64Array, im: Float64Array, cos: Float64Array, sin: Float64Array): void {
  const half = re.length;
  for (let span = 1; span < half; span *= 2) {
    const stride = half / span; // in the table of `2 * half` roots of unity
    for (let j = 0; j < span; j++) {
      const c = cos[j * stride] ?? 0;
      const s = sin[j * stride] ?? 0;
      for (let a = j; a < half; a += 2 * span) {
        const b = a + span;
        const bRe = re[b] ?? 0;
        const bIm = im[b] ?? 0;
        const tRe = c * bRe + s * bIm;
        const tIm = c * bIm - s * bRe;
        const aRe = re[a] ?? 0;
        const aIm = im[a] ?? 0;
        re[a] = aRe + tRe;
        im[a] = aIm + tIm;
        re[b] = aRe - tRe;
        im[b] = aIm - tIm;
      }
    }
  }
}
