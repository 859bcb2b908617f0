/**
 * The power of a real frame's spectrum: frameSize samples in, frameSize / 2 + 1 values out, each times `scale`. Buffers are shared
 * between calls.
 */
export type PowerSpectrum = (frame: Float64Array, power: Float32Array, scale: number) => void;

/**
 * A split-array FFT of half the frame's length (even samples real, odd samples imaginary, untangled afterwards: Sorensen et al. 1987),
 * with every table and buffer made once, so that the tens of thousands of frames of a track allocate nothing.
 *
 * @param frameSize a power of two, at least 8
 */
export function createPowerSpectrum(frameSize: number): PowerSpectrum {
  if (frameSize < 8 || (frameSize & (frameSize - 1)) !== 0) {
    throw new RangeError(`expected a power of two of at least 8 as the frame size, got ${frameSize}`);
  }
  const half = frameSize / 2;
  const order = bitReversal(half);
  const twiddles = unitRoots(half);
  const untangle = unitRoots(frameSize);
  const re = new Float64Array(half);
  const im = new Float64Array(half);
  return (frame, power, scale) => {
    for (let i = 0; i < half; i++) {
      const to = order[i] as number;
      re[to] = frame[2 * i] as number;
      im[to] = frame[2 * i + 1] as number;
    }
    transform(re, im, twiddles);
    untanglePower(re, im, untangle, power, scale);
  };
}

type Roots = { readonly cos: Float64Array; readonly sin: Float64Array };

/** Radix-2 decimation in time, in place, on input already in bit-reversed order. */
function transform(re: Float64Array, im: Float64Array, { cos, sin }: Roots): void {
  const n = re.length;
  firstTwoStages(re, im);
  for (let span = 4, stride = n >> 3; span < n; span <<= 1, stride >>= 1) {
    for (let j = 0, root = 0; j < span; j++, root += stride) {
      const wr = cos[root] as number;
      const wi = sin[root] as number;
      for (let a = j; a < n; a += span << 1) {
        const b = a + span;
        const br = re[b] as number;
        const bi = im[b] as number;
        const tr = br * wr - bi * wi;
        const ti = br * wi + bi * wr;
        const ar = re[a] as number;
        const ai = im[a] as number;
        re[b] = ar - tr;
        im[b] = ai - ti;
        re[a] = ar + tr;
        im[a] = ai + ti;
      }
    }
  }
}

/** The butterflies of span 1 and 2 at once: their roots are 1 and -i, so nothing is multiplied. */
function firstTwoStages(re: Float64Array, im: Float64Array): void {
  for (let i = 0; i < re.length; i += 4) {
    const sumRe = (re[i] as number) + (re[i + 1] as number);
    const sumIm = (im[i] as number) + (im[i + 1] as number);
    const diffRe = (re[i] as number) - (re[i + 1] as number);
    const diffIm = (im[i] as number) - (im[i + 1] as number);
    const nextSumRe = (re[i + 2] as number) + (re[i + 3] as number);
    const nextSumIm = (im[i + 2] as number) + (im[i + 3] as number);
    const nextDiffRe = (re[i + 2] as number) - (re[i + 3] as number);
    const nextDiffIm = (im[i + 2] as number) - (im[i + 3] as number);
    re[i] = sumRe + nextSumRe;
    im[i] = sumIm + nextSumIm;
    re[i + 2] = sumRe - nextSumRe;
    im[i + 2] = sumIm - nextSumIm;
    re[i + 1] = diffRe + nextDiffIm;
    im[i + 1] = diffIm - nextDiffRe;
    re[i + 3] = diffRe - nextDiffIm;
    im[i + 3] = diffIm + nextDiffRe;
  }
}

/** From the half-size complex spectrum of (even + i * odd) samples to the power of the real spectrum's bins. */
function untanglePower(
  re: Float64Array,
  im: Float64Array,
  { cos, sin }: Roots,
  power: Float32Array,
  scale: number,
): void {
  const half = re.length;
  for (let k = 0; k <= half; k++) {
    const a = k === half ? 0 : k;
    const b = k === 0 ? 0 : half - k;
    const evenRe = 0.5 * ((re[a] as number) + (re[b] as number));
    const evenIm = 0.5 * ((im[a] as number) - (im[b] as number));
    const oddRe = 0.5 * ((im[a] as number) + (im[b] as number));
    const oddIm = 0.5 * ((re[b] as number) - (re[a] as number));
    const wr = k === half ? -1 : (cos[k] as number);
    const wi = k === half ? 0 : (sin[k] as number);
    const x = evenRe + oddRe * wr - oddIm * wi;
    const y = evenIm + oddRe * wi + oddIm * wr;
    power[k] = (x * x + y * y) * scale;
  }
}

/** cos and sin of -2 pi k / size for the first half of the circle. */
function unitRoots(size: number): Roots {
  const half = Math.max(1, size / 2);
  return {
    cos: Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / size)),
    sin: Float64Array.from({ length: half }, (_, k) => -Math.sin((2 * Math.PI * k) / size)),
  };
}

function bitReversal(size: number): Uint32Array {
  const bits = Math.log2(size);
  const order = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    let reversed = 0;
    for (let b = 0; b < bits; b++) if (i & (1 << b)) reversed |= 1 << (bits - 1 - b);
    order[i] = reversed;
  }
  return order;
}
