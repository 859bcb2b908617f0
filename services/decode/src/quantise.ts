import { mixInto } from "@segue/audio";
import type { SignalPlan } from "./plan-signal.ts";

const fullScale = 32_768;
const highest = 32_767;

/** Samples to 16 bit after a gain: rounded, and saturated where they are past full scale all the same. */
export function quantise(samples: Float32Array, gain: number): Int16Array {
  const rounded = new Int16Array(samples.length);
  const scale = gain * fullScale;
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round((samples[i] as number) * scale);
    rounded[i] = value > highest ? highest : Math.max(value, -fullScale);
  }
  return rounded;
}

/** Makes what is no number silent, in place: filters that remember would never get rid of it. @returns how many. */
export function silenceNonFinite(samples: Float32Array): number {
  let count = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    if (sample - sample === 0) continue;
    samples[i] = 0;
    count += 1;
  }
  return count;
}

/** The largest magnitude. */
export function largestOf(samples: Float32Array): number {
  let highestFound = 0;
  let lowestFound = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    if (sample > highestFound) highestFound = sample;
    else if (sample < lowestFound) lowestFound = sample;
  }
  return Math.max(highestFound, -lowestFound);
}

/** The channels of canonical PCM, of those of the source. */
export function mixed({ inputs, mix }: SignalPlan, samples: Float32Array): Float32Array {
  if (inputs <= 2) return samples;
  const frames = new Float32Array((samples.length / inputs) * mix.length);
  mixInto(mix, samples, frames);
  return frames;
}

/** Canonical PCM of interleaved samples of the source, which are changed where they are no numbers. */
export function mixedPcm(plan: SignalPlan, samples: Float32Array, gain: number): Int16Array {
  silenceNonFinite(samples);
  return quantise(mixed(plan, samples), gain);
}
