import { createHannSpectrum } from "@segue/dsp";
import type { FrontEnd, SampleWindow } from "./measure-pieces.ts";

/** Bins per octave: a tenth of a semitone each. */
export const chromaBins = 120;
const binsPerSemitone = chromaBins / 12;
const frameSec = 0.512;
const lowestHz = 50;
const highestHz = 3500;
const peaksPerFrame = 60;
/** A peak may be an overtone: it also speaks for the notes whose 2nd, 3rd and 4th partial it would be, each less. */
const partials = 4;
const partialDecay = 0.6;
/** Half the width of the bump that a peak leaves, in bins: a fifth of a semitone. */
const reach = 2;

/** Measures which pitch classes sound, summed over segments of a track. */
export interface ChromaMeter extends FrontEnd {
  readonly framesPerSegment: number;
  /** The length of a segment: whole frames. */
  readonly segmentSec: number;
  /**
   * Adds frames `first` to `last` (excluded) of the window's track to the profiles of their segments, of which the first in `into`
   * is segment `at`. A profile begins at A, in tenths of a semitone, relative to A4 = 440 Hz; every frame counts alike, loud or quiet.
   */
  measure(window: SampleWindow, first: number, last: number, into: readonly Float64Array[], at: number): void;
}

/** Profiles of that many segments, to be measured. */
export function createSegments(count: number): Float64Array[] {
  return Array.from({ length: count }, () => new Float64Array(chromaBins));
}

/**
 * Pitch-class profiles from interpolated spectral peaks with harmonic summation, in the manner of the HPCP (E. Gómez, 2006).
 * Frames are half a second, overlapped by half: 2 Hz per bin at 16 kHz, interpolated to a few cents from 60 Hz up.
 *
 * @param sampleRateHz at least 8000; @param segmentSec about the length of a segment
 */
export function createChromaMeter(sampleRateHz: number, segmentSec: number): ChromaMeter {
  const frameSize = 2 ** Math.round(Math.log2(frameSec * sampleRateHz));
  const hop = frameSize / 2;
  const spectrum = createHannSpectrum(frameSize);
  const findPeaks = createPeakFinder(frameSize, sampleRateHz);
  const framesPerSegment = Math.max(1, Math.round((segmentSec * sampleRateHz) / hop));
  const frame = new Float64Array(chromaBins);
  return {
    framesPerSegment,
    segmentSec: (framesPerSegment * hop) / sampleRateHz,
    // What fills less than half of the last frame is left out.
    framesOf: (sampleCount) => Math.max(1, Math.floor((sampleCount - frameSize / 2) / hop) + 1),
    samplesFor: (first, last) => ({ from: first * hop, to: (last - 1) * hop + frameSize }),
    measure({ samples, start }, first, last, into, at) {
      for (let i = first; i < last; i++) {
        frame.fill(0);
        for (const peak of findPeaks(spectrum.of(samples, i * hop - start))) addPeak(frame, peak);
        const segment = into[Math.floor(i / framesPerSegment) - at];
        if (segment) addNormalised(frame, segment);
      }
    },
  };
}

/** A magnitude and a position in bins from A, any octave. */
type Peak = { readonly position: number; readonly magnitude: number };

function createPeakFinder(frameSize: number, sampleRateHz: number): (power: Float32Array) => Peak[] {
  const first = Math.ceil((lowestHz * frameSize) / sampleRateHz);
  const last = Math.min(frameSize / 2 - 1, Math.floor((highestHz * frameSize) / sampleRateHz));
  return (power) => {
    const bins: number[] = [];
    for (let k = first; k <= last; k++) {
      const here = power[k] as number;
      if (here > 1e-12 && here > (power[k - 1] as number) && here >= (power[k + 1] as number)) bins.push(k);
    }
    bins.sort((a, b) => (power[b] as number) - (power[a] as number));
    return bins.slice(0, peaksPerFrame).map((k) => {
      const left = Math.log((power[k - 1] as number) + 1e-20);
      const here = Math.log((power[k] as number) + 1e-20);
      const right = Math.log((power[k + 1] as number) + 1e-20);
      const bin = k + (0.5 * (left - right)) / (left - 2 * here + right);
      return {
        position: chromaBins * Math.log2((bin * sampleRateHz) / frameSize / 440),
        magnitude: Math.sqrt(power[k] as number),
      };
    });
  };
}

function addPeak(chroma: Float64Array, { position, magnitude }: Peak): void {
  for (let partial = 1, weight = magnitude; partial <= partials; partial++, weight *= partialDecay) {
    const centre = position - chromaBins * Math.log2(partial);
    for (let bin = Math.ceil(centre - reach); bin <= centre + reach; bin++) {
      const at = ((bin % chromaBins) + chromaBins) % chromaBins;
      chroma[at] = (chroma[at] as number) + weight * Math.cos(((bin - centre) * Math.PI) / (2 * reach)) ** 2;
    }
  }
}

function addNormalised(frame: Float64Array, sum: Float64Array): void {
  const largest = frame.reduce((a, b) => Math.max(a, b), 0);
  if (largest < 1e-9) return;
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (frame[i] as number) / largest;
}

export type PitchClasses = {
  /** 12 values from A on, the largest 1. */
  readonly profile: Float32Array;
  /** 0 to 1: how closely the pitches keep to one tuning in semitones; music keeps to one, noise and speech to none. */
  readonly tuned: number;
};

/** Folds a fine profile to semitones at the tuning that it itself shows, between -50 and 50 cents of 440 Hz. */
export function foldToSemitones(chroma: Float64Array): PitchClasses {
  let re = 0;
  let im = 0;
  let total = 0;
  chroma.forEach((value, bin) => {
    re += value * Math.cos((2 * Math.PI * bin) / binsPerSemitone);
    im += value * Math.sin((2 * Math.PI * bin) / binsPerSemitone);
    total += value;
  });
  const offset = (Math.atan2(im, re) / (2 * Math.PI)) * binsPerSemitone;
  const profile = new Float32Array(12);
  chroma.forEach((value, bin) => {
    const semitones = (bin - offset) / binsPerSemitone;
    const nearest = Math.round(semitones);
    const at = ((nearest % 12) + 12) % 12;
    profile[at] = (profile[at] as number) + value * Math.cos(Math.PI * (semitones - nearest)) ** 2;
  });
  const largest = profile.reduce((a, b) => Math.max(a, b), 1e-9);
  return {
    profile: profile.map((value) => value / largest),
    tuned: total > 0 ? Math.hypot(re, im) / total : 0,
  };
}
