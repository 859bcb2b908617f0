import { createHannSpectrum } from "@segue/dsp";
import type { FrontEnd, SampleWindow } from "./measure-pieces.ts";
import { createMelBands, type MelBands } from "./mel-bands.ts";

/** Under about 350 Hz, up to about 2 kHz, and above: three views of the same music, to be compared. */
export type OnsetFlux = {
  readonly low: Float32Array;
  readonly mid: Float32Array;
  readonly high: Float32Array;
};

/** `full`: all bands together, the bass counted four times: it carries the pulse. */
export const onsetViews = ["full", "low", "mid", "high"] as const;
export type OnsetView = (typeof onsetViews)[number];

const frameSec = 0.032;
const hopSec = 0.01;
const bandCount = 40;
const lowBands = 8;
const midBands = 22;
const bassGain = 3;
/** Frames between the two spectra whose difference counts: one alone is blurred by the windows' overlap. */
const lagFrames = 2;
/** Compression: log10(1 + gain * magnitude). At 1000 a full-scale band reads 3 and one 60 dB below it 0.3. */
const gain = 1000;
const localMeanSec = 0.5;

export interface OnsetMeter extends FrontEnd {
  /** Frames per second. */
  readonly rateHz: number;
  /** Writes the flux of frames `first` to `last` (excluded) of the window's track to `into`, from index `at` on. */
  measure(window: SampleWindow, first: number, last: number, into: OnsetFlux, at: number): void;
}

export function createOnsetFlux(frames: number): OnsetFlux {
  return { low: new Float32Array(frames), mid: new Float32Array(frames), high: new Float32Array(frames) };
}

/**
 * Spectral flux over log-compressed mel bands, with a maximum over neighbouring bands on the older spectrum so that vibrato
 * is no onset (S. Böck, G. Widmer: Maximum filter vibrato suppression for onset detection, DAFx 2013). Frame i is about the
 * time i / rateHz: peaks lie 3 ms before clicks and 3 ms after the start of notes that rise over 20 ms (measured).
 *
 * @param sampleRateHz at least 8000; samples are mono, nominally within -1..1
 */
export function createOnsetMeter(sampleRateHz: number): OnsetMeter {
  const frameSize = 2 ** Math.round(Math.log2(frameSec * sampleRateHz));
  const hop = Math.round(hopSec * sampleRateHz);
  const spectrum = createHannSpectrum(frameSize);
  const bands = createMelBands(bandCount, frameSize, sampleRateHz, 30, Math.min(7600, 0.475 * sampleRateHz));
  const history = Array.from({ length: lagFrames + 1 }, () => new Float32Array(bandCount));
  return {
    rateHz: sampleRateHz / hop,
    framesOf: (sampleCount) => Math.ceil(sampleCount / hop),
    samplesFor: (first, last) => ({
      from: (first - lagFrames) * hop - frameSize / 2,
      to: (last - 1) * hop + frameSize / 2,
    }),
    measure({ samples, start }, first, last, { low, mid, high }, at) {
      for (let frame = Math.max(0, first - lagFrames); frame < last; frame++) {
        const now = history[frame % history.length] as Float32Array;
        const before = history[(frame + 1) % history.length] as Float32Array;
        compressBands(spectrum.of(samples, frame * hop - frameSize / 2 - start), bands, now);
        if (frame < first) continue;
        const i = at + frame - first;
        // What a track begins with is no onset: there is nothing before it to compare with.
        const heard = frame >= lagFrames;
        low[i] = heard ? rise(now, before, 0, lowBands) : 0;
        mid[i] = heard ? rise(now, before, lowBands, midBands) : 0;
        high[i] = heard ? rise(now, before, midBands, bandCount) : 0;
      }
    },
  };
}

/** How strongly something new begins, over time, in one view: 0 or more, the local mean removed. */
export function onsetStrength(flux: OnsetFlux, view: OnsetView, rateHz: number): Float32Array {
  const radius = Math.round(localMeanSec * rateHz);
  if (view !== "full") return aboveLocalMean(flux[view], radius);
  const { low, mid, high } = flux;
  const full = low.map((value, i) => (1 + bassGain) * value + (mid[i] as number) + (high[i] as number));
  return aboveLocalMean(full, radius);
}

function compressBands(power: Float32Array, bands: MelBands, into: Float32Array): void {
  const { firstBin, start, weights } = bands;
  for (let b = 0; b < bands.count; b++) {
    const from = start[b] as number;
    const to = start[b + 1] as number;
    const shift = (firstBin[b] as number) - from;
    let energy = 0;
    for (let i = from; i < to; i++) energy += (weights[i] as number) * (power[i + shift] as number);
    into[b] = Math.log10(1 + gain * Math.sqrt(energy));
  }
}

function rise(now: Float32Array, before: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let b = from; b < to; b++) {
    const below = b > 0 ? (before[b - 1] as number) : 0;
    const above = b + 1 < before.length ? (before[b + 1] as number) : 0;
    const difference = (now[b] as number) - Math.max(before[b] as number, below, above);
    if (difference > 0) sum += difference;
  }
  return sum;
}

function aboveLocalMean(values: Float32Array, radius: number): Float32Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = (sums[i] as number) + (values[i] as number);
  return values.map((value, i) => {
    const from = Math.max(0, i - radius);
    const to = Math.min(values.length, i + radius + 1);
    return Math.max(0, value - ((sums[to] as number) - (sums[from] as number)) / (to - from));
  });
}
