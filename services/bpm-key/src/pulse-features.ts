import { type OnsetFlux, onsetStrength, onsetViews } from "./onset-strength.ts";

/** Where each view's autocorrelation is looked at, in periods of a pulse. */
const lags = [1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 4, 8] as const;
/** And how often in a period it is asked how strongly the view swings: a Fourier transform shows harmonics where autocorrelation shows subharmonics. */
const rates = [1 / 4, 1 / 3, 1 / 2, 1, 3 / 2, 2, 3, 4] as const;
const windowSec = 12;
/** Of a longer stretch, so many that lie evenly over it say enough. */
const mostWindows = 20;
const middleBpm = 120;

/** One view of a stretch of a track, cut into windows of 12 s that are weighed alike, however loud they are. */
interface PulseView {
  /** The mean of the windows' autocorrelations around a lag in values, 1 at lag 0; 0 where it is longer than they are. */
  correlationAt(lag: number): number;
  /** The mean of the windows' magnitudes at a frequency in cycles a value, about 1 for a curve that is nothing else. */
  magnitudeAt(frequency: number): number;
}

/** What a pulse and its multiples look like in a stretch of onsets. */
export interface PulseFeatures {
  /** @param bpm as it may be counted. @param pulseBpm as it was heard. @returns as many numbers as `pulseFeatureNames` has names. */
  of(bpm: number, pulseBpm: number): number[];
}

export const pulseFeatureNames: readonly string[] = [
  ...onsetViews.flatMap((view) => [
    ...lags.map((lag) => `${view}, lag ${lag.toFixed(2)}`),
    ...rates.map((rate) => `${view}, rate ${rate.toFixed(2)}`),
  ]),
  ...["octaves from 120", "their square", "as heard", "double", "half", "of threes", "third or triple"],
];

/** @param flux of the stretch alone. @param atMost windows that are looked at. */
export function viewPulse(flux: OnsetFlux, rateHz: number, atMost = mostWindows): PulseFeatures {
  const most = Math.min(atMost, mostWindows);
  const views = onsetViews.map((view) => createView(onsetStrength(flux, view, rateHz), rateHz, most));
  return {
    of(bpm, pulseBpm) {
      const period = (60 / bpm) * rateHz;
      const octaves = Math.log2(bpm / middleBpm);
      const isAny = (...factors: number[]) =>
        Number(factors.some((factor) => Math.abs(bpm / (pulseBpm * factor) - 1) < 0.01));
      return [
        ...views.flatMap((view) => [
          ...lags.map((lag) => view.correlationAt(lag * period)),
          ...rates.map((rate) => Math.log(0.01 + view.magnitudeAt(rate / period))),
        ]),
        ...[octaves, octaves * octaves],
        ...[isAny(1), isAny(2), isAny(1 / 2), isAny(3 / 2, 2 / 3, 3 / 4, 4 / 3), isAny(3, 1 / 3)],
      ];
    },
  };
}

interface Window {
  /** Around its mean. */
  readonly values: Float32Array;
  /** The same, faded in and out (Hann). */
  readonly faded: Float32Array;
  readonly energy: number;
}

function createView(curve: Float32Array, rateHz: number, atMost: number): PulseView {
  const windows = cut(curve, Math.round(windowSec * rateHz), atMost);
  const mean = (of: (window: Window) => number) =>
    windows.reduce((sum, window) => sum + of(window), 0) / Math.max(1, windows.length);
  return {
    correlationAt(lag) {
      // Onsets fall between values: the best of the three around is meant.
      const middle = Math.round(lag);
      return Math.max(...[-1, 0, 1].map((off) => mean((window) => correlation(window, middle + off))));
    },
    magnitudeAt: (frequency) => mean((window) => magnitude(window, frequency)),
  };
}

function cut(curve: Float32Array, size: number, atMost: number): Window[] {
  const length = Math.min(curve.length, size);
  const fade = Float32Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
  const last = curve.length - length;
  const count = Math.min(atMost, 1 + Math.floor((2 * last) / Math.max(1, length)));
  return Array.from({ length: count }, (_, index) => {
    const start = count === 1 ? last >> 1 : Math.round((index * last) / (count - 1));
    const part = curve.subarray(start, start + length);
    const mean = part.reduce((sum, value) => sum + value, 0) / Math.max(1, length);
    const values = part.map((value) => value - mean);
    return {
      values,
      faded: values.map((value, i) => value * (fade[i] as number)),
      energy: values.reduce((sum, value) => sum + value * value, 0),
    };
  }).filter(({ energy }) => energy > 1e-9 * length);
}

function correlation({ values, energy }: Window, lag: number): number {
  const size = values.length;
  if (lag >= size * 0.75) return 0;
  let sum = 0;
  for (let i = 0; i + lag < size; i++) sum += (values[i] as number) * (values[i + lag] as number);
  return ((sum / (size - lag)) * size) / energy;
}

/** G. Goertzel: An algorithm for the evaluation of finite trigonometric series, 1958. */
function magnitude({ faded, energy }: Window, frequency: number): number {
  const twice = 2 * Math.cos(2 * Math.PI * frequency);
  let [one, two] = [0, 0];
  for (const value of faded) {
    const next = value + twice * one - two;
    two = one;
    one = next;
  }
  const power = one * one + two * two - twice * one * two;
  return Math.sqrt(Math.max(0, power) / (energy * faded.length * 0.1875));
}
