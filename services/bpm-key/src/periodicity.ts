/** The autocorrelation of an onset curve, averaged over windows so that loud and quiet passages count alike. */
export type Periodicity = {
  /** Index: lag in values; 1 at lag 0. */
  readonly correlation: Float64Array;
  readonly rateHz: number;
  /** How many windows were averaged; 0 if nothing at all begins anywhere. */
  readonly windows: number;
  /** The mean over all lags from 0.2 s on. */
  readonly mean: number;
};

const windowSec = 12;
const longestLagSec = 6.2;

/** The windows of a curve: 12 s each, overlapped by half; one window where the curve is shorter. */
export interface PeriodicityWindows {
  readonly count: number;
  /** Lags from 0 on in each correlation. */
  readonly lags: number;
  /** The middle of a window, in seconds. */
  centreSec(index: number): number;
  /** The window's autocorrelation, 1 at lag 0; null if nothing begins in it. */
  correlationOf(index: number): Float64Array | null;
}

export function periodicityWindows(values: Float32Array, rateHz: number): PeriodicityWindows {
  const size = Math.min(values.length, Math.round(windowSec * rateHz));
  const lags = Math.min(Math.round(longestLagSec * rateHz), Math.floor(size * 0.75));
  const step = Math.max(1, Math.floor(size / 2));
  return {
    count: Math.floor((values.length - size) / step) + 1,
    lags: lags + 1,
    centreSec: (index) => (index * step + size / 2) / rateHz,
    correlationOf(index) {
      const window = values.subarray(index * step, index * step + size);
      let energy = 0;
      for (const value of window) energy += value * value;
      if (energy / size < 1e-9) return null;
      const correlation = new Float64Array(lags + 1);
      for (let lag = 0; lag <= lags; lag++) {
        let sum = 0;
        for (let i = 0; i + lag < size; i++) sum += (window[i] as number) * (window[i + lag] as number);
        correlation[lag] = ((sum / (size - lag)) * size) / energy;
      }
      return correlation;
    },
  };
}

/** A sum of correlations, to be averaged. */
export interface CorrelationSum {
  readonly sums: Float64Array;
  windows: number;
}

export function addCorrelation(total: CorrelationSum, correlation: Float64Array | null): void {
  if (!correlation) return;
  const { sums } = total;
  for (let lag = 0; lag < sums.length; lag++)
    sums[lag] = (sums[lag] as number) + (correlation[lag] as number);
  total.windows++;
}

export function averageOf({ sums, windows }: CorrelationSum, rateHz: number): Periodicity {
  const correlation = sums.map((sum) => sum / Math.max(1, windows));
  return { correlation, rateHz, windows, mean: meanFrom(correlation, Math.round(0.2 * rateHz)) };
}

function meanFrom(correlation: Float64Array, from: number): number {
  let sum = 0;
  for (let lag = from; lag < correlation.length; lag++) sum += correlation[lag] as number;
  return sum / Math.max(1, correlation.length - from);
}
