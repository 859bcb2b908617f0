import { canonicalSampleRateHz, createLoudnessMeter, hopsPerSec, type MeterState } from "@segue/dsp";
import { createPhaseMeter, type PhaseState } from "./channel-phase.ts";
import { countClippedIn } from "./count-clipped-samples.ts";
import type { SignalPlan } from "./plan-signal.ts";
import { mixed, quantise, silenceNonFinite } from "./quantise.ts";

/** What has been measured of a signal so far: plain data, to go on from elsewhere to the same result to the bit. */
export interface SignalState {
  readonly meter: MeterState;
  readonly phase: PhaseState | null;
  /** The largest magnitude of the mix, before its gain; 1 is full scale. */
  readonly peak: number;
  /** Samples of the source at or past full scale, in runs. */
  readonly clipped: number;
  /** Samples that were NaN or infinite when they came here; they were made silent. */
  readonly nonFinite: number;
}

export interface Signal {
  /**
   * Takes interleaved samples of the source at the canonical rate: a second of them, less only at the end, and changes them where
   * they are no numbers.
   * @returns canonical PCM, and the K-weighted energy of each whole hop.
   */
  take(block: Float32Array): { readonly pcm: Int16Array; readonly energies: Float32Array };
  state(): SignalState;
}

/** Frames that are taken at once. */
export const blockFrames = canonicalSampleRateHz;

/** From here on a sample is at full scale once it is rounded to 16 bit. */
const nearFullScale = 32_766.5 / 32_768;

/** Measures a signal as it was decoded, before anything is cut off, and makes canonical PCM of it. */
export function createSignal(plan: SignalPlan, gain: number, resumed: SignalState | null): Signal {
  const { inputs, mix, weights } = plan;
  const meter = createLoudnessMeter({ weights, sampleRateHz: canonicalSampleRateHz }, resumed?.meter);
  const hopFrames = canonicalSampleRateHz / hopsPerSec;
  const phase = mix.length === 2 ? createPhaseMeter(hopFrames, resumed?.phase ?? undefined) : null;
  let { peak, clipped, nonFinite } = resumed ?? { peak: 0, clipped: 0, nonFinite: 0 };

  return {
    take(block) {
      const found = silenceNonFinite(block);
      nonFinite += found.nonFinite;
      const energies = meter.measure(block);
      if (found.largest >= nearFullScale) clipped += countClippedIn(quantise(block, 1), inputs);
      const frames = mixed(plan, block);
      peak = Math.max(peak, frames === block ? found.largest : silenceNonFinite(frames).largest);
      phase?.take(frames);
      return { pcm: quantise(frames, gain), energies };
    },
    state: () => ({ meter: meter.state(), phase: phase?.state() ?? null, peak, clipped, nonFinite }),
  };
}

/** The true peak of a whole signal: what lies between its last samples counts, too. */
export function truePeakOf({ weights }: SignalPlan, { meter }: SignalState): number {
  return createLoudnessMeter({ weights, sampleRateHz: canonicalSampleRateHz }, meter).flush();
}

/**
 * The gain at which a signal fits into 16 bit, if the one that was taken is too large for the peak that was found, and the plan leaves
 * room for less: the work is then done again with this one. Null if it fits, or saturates in any case.
 */
export function gainThatFits(peak: number, { headroom, leastGain }: SignalPlan): number | null {
  if (peak * headroom <= 1 || leastGain >= headroom) return null;
  return Math.max(32_767 / 32_768 / peak, leastGain);
}
