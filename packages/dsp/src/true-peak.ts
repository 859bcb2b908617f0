/** Samples on each side of a gap that what lies in it is interpolated from. */
const reach = 6;
export const taps = 2 * reach;
/** Samples that the next block needs of the ones before it. */
export const historyLength = taps - 1;
/** Of the nearest samples, two on each side, which make up most of a value. */
const nearTaps = 4;
const firstNear = reach - nearTaps / 2;
/** Of the Kaiser window: flat within 0.1 dB up to 0.35 of the sampling rate, and within 0.25 dB up to 0.4. */
const beta = 4;
/** Samples whose largest is looked at together: more than a gap needs, so that it needs two stretches at most. */
const stretchLength = 32;

/** Interpolators for a quarter, a half and three quarters of the way from one sample to the next. */
export interface PeakFilter {
  readonly phases: readonly Float64Array[];
  /** How much larger than all samples around it an interpolated value can be. */
  readonly gain: number;
  /** The share of that which is not due to the `nearTaps` samples next to it. */
  readonly farGain: number;
}

/** Four times oversampling as in ITU-R BS.1770-4, annex 2: a windowed sinc of as many taps as the one listed there. */
export function designPeakFilter(): PeakFilter {
  const phases = [0.25, 0.5, 0.75].map(designPhase);
  const largest = (uses: (tap: number) => boolean) =>
    Math.max(...phases.map((phase) => phase.reduce((sum, h, tap) => sum + (uses(tap) ? Math.abs(h) : 0), 0)));
  const isFar = (tap: number) => tap < firstNear || tap >= firstNear + nearTaps;
  return {
    phases,
    gain: largest(() => true),
    farGain: largest(isFar),
  };
}

function designPhase(fraction: number): Float64Array {
  const phase = Float64Array.from({ length: taps }, (_, tap) => {
    const distance = fraction + reach - 1 - tap;
    const sinc = Math.sin(Math.PI * distance) / (Math.PI * distance);
    return sinc * (bessel(beta * Math.sqrt(1 - (distance / reach) ** 2)) / bessel(beta));
  });
  const sum = phase.reduce((total, h) => total + h, 0);
  return phase.map((h) => h / sum);
}

/** Modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** One channel's stretch of samples, `historyLength` earlier ones first; 1 is full scale. */
export interface PeakLine {
  readonly samples: Float64Array;
  /** The largest magnitude of the history, then of each `stretchLength` new samples. */
  readonly largest: Float64Array;
}

export function createPeakLine(maxCount: number): PeakLine {
  return {
    samples: new Float64Array(historyLength + maxCount),
    largest: new Float64Array(1 + Math.ceil(maxCount / stretchLength)),
  };
}

/** Puts `count` frames of a channel, out of interleaved ones, behind the line's history. */
export function fillPeakLine(
  { samples, largest }: PeakLine,
  block: Float32Array,
  { from, step, count }: { from: number; step: number; count: number },
): void {
  let most = 0;
  for (let i = 0; i < historyLength; i++) most = Math.max(most, Math.abs(samples[i] as number));
  largest[0] = most;
  for (let start = 0, stretch = 1; start < count; start += stretchLength, stretch++) {
    const end = Math.min(count, start + stretchLength);
    let highest = 0;
    let lowest = 0;
    for (let i = start, at = from + start * step; i < end; i++, at += step) {
      const sample = block[at] as number;
      if (sample > highest) highest = sample;
      if (sample < lowest) lowest = sample;
      samples[historyLength + i] = sample;
    }
    largest[stretch] = Math.max(highest, -lowest);
  }
}

/** Makes the last samples of `count` the history of the next ones. */
export function keepHistory({ samples }: PeakLine, count: number): void {
  samples.copyWithin(0, count, count + historyLength);
}

/**
 * The largest magnitude of a line's `count` samples, on them and between them. Values that can't be larger than `floor`, the
 * largest so far, are not computed: where all samples around are too small, and where the nearest four leave too much to the
 * others. Of four minutes of music one gap in a thousand is left. Gaps are looked at `reach` samples late.
 */
export function findPeak(
  filter: PeakFilter,
  { samples, largest }: PeakLine,
  count: number,
  floor: number,
): number {
  const stretches = Math.ceil(count / stretchLength);
  let peak = floor;
  for (let stretch = 1; stretch <= stretches; stretch++) peak = Math.max(peak, largest[stretch] as number);
  for (let stretch = 1; stretch <= stretches; stretch++) {
    const around = Math.max(largest[stretch - 1] as number, largest[stretch] as number);
    if (around * filter.gain <= peak) continue;
    const from = (stretch - 1) * stretchLength;
    peak = peakOfGaps(filter, samples, from, Math.min(count, from + stretchLength), around, peak);
  }
  return peak;
}

function peakOfGaps(
  { phases, farGain }: PeakFilter,
  samples: Float64Array,
  from: number,
  to: number,
  around: number,
  floor: number,
): number {
  let peak = floor;
  for (const phase of phases) {
    const [h0 = 0, h1 = 0, h2 = 0, h3 = 0] = phase.subarray(firstNear, firstNear + nearTaps);
    for (let gap = from; gap < to; gap++) {
      const at = gap + firstNear;
      const near =
        h0 * (samples[at] as number) +
        h1 * (samples[at + 1] as number) +
        h2 * (samples[at + 2] as number) +
        h3 * (samples[at + 3] as number);
      if (Math.abs(near) + around * farGain <= peak) continue;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += (phase[tap] as number) * (samples[gap + tap] as number);
      peak = Math.max(peak, Math.abs(sum));
    }
  }
  return peak;
}
