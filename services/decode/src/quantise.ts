import { mixInto } from "@segue/audio";
import type { SignalPlan } from "./plan-signal.ts";

const fullScale = 32_768;
const highestValue = 32_767;

/** Samples to 16 bit after a gain: rounded, and saturated where they are past full scale all the same. */
export function quantise(samples: Float32Array, gain: number): Int16Array {
  const rounded = new Int16Array(samples.length);
  const scale = gain * fullScale;
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round((samples[i] as number) * scale);
    rounded[i] = value > highestValue ? highestValue : Math.max(value, -fullScale);
  }
  return rounded;
}

/**
 * Makes what is no number silent, in place: filters that remember would never get rid of it.
 * @returns how many there were, and the largest magnitude of the rest.
 */
export function silenceNonFinite(samples: Float32Array): { nonFinite: number; largest: number } {
  let nonFinite = 0;
  let highest = 0;
  let lowest = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    if (sample - sample !== 0) {
      samples[i] = 0;
      nonFinite += 1;
    } else if (sample > highest) highest = sample;
    else if (sample < lowest) lowest = sample;
  }
  return { nonFinite, largest: Math.max(highest, -lowest) };
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
