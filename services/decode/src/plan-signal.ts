import {
  type AudioStream,
  largestSum,
  loudnessWeight,
  nameChannels,
  type StereoMix,
  stereoMixOf,
} from "@segue/audio";
import { canonicalSampleRateHz } from "@segue/dsp";

/** What becomes of a stream's samples: decided by its header alone. */
export interface SignalPlan {
  /** Channels that are taken from the source: all of them, or the first two of more than anybody has names for. */
  readonly inputs: number;
  /** How they are brought to the one or two channels of canonical PCM. */
  readonly mix: StereoMix;
  /** What each counts for in the loudness. */
  readonly weights: readonly number[];
  /** What the mix is multiplied by before it is rounded to 16 bit: see `headroomOf`. */
  readonly headroom: number;
  /** What it is multiplied by at the least, where the headroom turns out to be too little. */
  readonly leastGain: number;
}

export function planSignal(stream: AudioStream): SignalPlan {
  const { names } = nameChannels(stream.channels ?? 2, stream.channelLayout);
  const mix = stereoMixOf(names);
  const weights = names.map(loudnessWeight);
  const headroom = headroomOf(stream, mix);
  const leastGain = isFloatPcm(stream) ? Math.min(headroom, leastGainOfFloats) : headroom;
  return { inputs: names.length, mix, weights, headroom, leastGain };
}

/** One bit: of lossy music that was mastered to full scale, next to nothing decodes to more than twice that unless it is damaged. */
const headroomOfOvershoot = 0.5;

/** Float PCM may be at any level. What is more than 24 dB too loud is damage: it saturates rather than take all else down with it. */
const leastGainOfFloats = 1 / 16;

/**
 * Samples that can't pass full scale are kept as they are, to the bit. What decodes or is resampled in floating point can: it is
 * given 6 dB of room. A mix of more than two channels has room for all of them at full scale.
 */
function headroomOf(stream: AudioStream, mix: StereoMix): number {
  const overshoot = mayOvershoot(stream) ? headroomOfOvershoot : 1;
  return overshoot / Math.max(1, largestSum(mix));
}

function mayOvershoot(stream: AudioStream): boolean {
  const isInteger = stream.bitDepth !== null && !isFloatPcm(stream);
  return !isInteger || stream.sampleRateHz !== canonicalSampleRateHz;
}

/** Only float PCM carries NaN, infinity and any level into a file; every other codec's decoder makes finite samples. */
export function isFloatPcm({ codec, bitDepth }: AudioStream): boolean {
  return /^pcm_f\d/.test(codec) || (codec === "wavpack" && bitDepth === 32);
}
