import type { AudioProbe, AudioStream, ReadTags } from "@segue/audio";
import type { FactsOf, Pcm } from "@segue/contracts";
import { canonicalSampleRateHz } from "@segue/dsp";
import { channelsCancel } from "./channel-phase.ts";
import { describeWarnings } from "./describe-warnings.ts";
import { type SignalState, truePeakOf } from "./measure-signal.ts";
import type { SignalPlan } from "./plan-signal.ts";

/** What was counted while a stream was decoded. */
export interface Counts {
  /** Samples per channel. */
  readonly frames: number;
  readonly signal: SignalState;
  /** What the mix was multiplied by before it was rounded. */
  readonly gain: number;
  readonly errorLines: number;
  /** Samples of the source that were NaN or infinite. */
  readonly nonFinite: number;
  /** Places where separately decoded stretches meet and could not be compared. */
  readonly unverifiedJoins: number;
}

/** The facts of decoded PCM: what the headers say, what was counted, what the tags say. */
export function describeFacts(
  probe: AudioProbe,
  stream: AudioStream,
  plan: SignalPlan,
  counts: Counts,
  { tags, tagValues, cover, problem }: ReadTags,
): FactsOf<typeof Pcm> {
  const { frames, signal, gain, errorLines, unverifiedJoins } = counts;
  const channels = plan.mix.length;
  const cancel = signal.phase !== null && channelsCancel(signal.phase);
  const durationSec = frames / canonicalSampleRateHz;
  return {
    codec: stream.codec,
    container: probe.container,
    bitDepth: stream.bitDepth,
    bitRateKbps: stream.bitRateKbps ?? probe.bitRateKbps,
    sourceSampleRateHz: stream.sampleRateHz ?? canonicalSampleRateHz,
    sourceChannels: stream.channels ?? channels,
    channelLayout: stream.channelLayout,
    // Builds guess differently where the file does not say.
    declaredDurationSec: probe.durationEstimated ? null : probe.declaredDurationSec,
    durationSec,
    sampleCount: frames,
    sampleRateHz: canonicalSampleRateHz,
    channels,
    ...describeLevels(plan, signal, gain),
    channelsCancel: cancel,
    tags: { ...tags },
    ...(Object.keys(tagValues).length === 0 ? {} : { tagValues: { ...tagValues } }),
    hasCover: cover !== null,
    warnings: describeWarnings({
      probe,
      stream,
      errorLines,
      nonFinite: counts.nonFinite + signal.nonFinite,
      unverifiedJoins,
      channelsCancel: cancel,
      tagsProblem: problem,
      durationSec,
      clippedRatio: signal.clipped / (frames * plan.inputs),
    }),
  };
}

type Levels = Pick<FactsOf<typeof Pcm>, "truePeakDbtp" | "peakDb" | "gainDb" | "downmixDb">;

function describeLevels(plan: SignalPlan, signal: SignalState, gain: number): Levels {
  const truePeak = truePeakOf(plan, signal);
  // What is past the headroom was cut off after all.
  const peak = Math.min(signal.peak, 1 / gain);
  const isDownmix = plan.inputs > 2;
  // A mix that would pass full scale is lowered until it does not: it is ours, and no part of the master.
  const mixGain = isDownmix ? 1 / Math.max(1, peak) : 1;
  return {
    truePeakDbtp: truePeak === 0 ? null : toHundredths(toDb(truePeak)),
    peakDb: peak === 0 ? null : toDb(peak * mixGain),
    gainDb: toDb(mixGain / gain),
    ...(isDownmix ? { downmixDb: toDb(mixGain) } : {}),
  };
}

/** To a millionth, and never a negative zero. */
function toDb(magnitude: number): number {
  return Math.round(20e6 * Math.log10(magnitude)) / 1e6 + 0;
}

function toHundredths(db: number): number {
  return Math.round(100 * db) / 100 + 0;
}
