import { type AudioProbe, type AudioStream, canonicalSampleRateHz, type ReadTags } from "@segue/audio";
import type { FactsOf, Pcm } from "@segue/contracts";
import { describeWarnings } from "./describe-warnings.ts";

/** What was counted while a stream was decoded. */
export interface Counts {
  /** Samples per channel. */
  readonly frames: number;
  readonly channels: number;
  /** Samples at full scale, in runs. */
  readonly clipped: number;
  readonly errorLines: number;
  /** Samples that were NaN or infinite. */
  readonly nonFinite: number;
  /** Places where separately decoded stretches meet and could not be compared. */
  readonly unverifiedJoins: number;
}

/** The facts of decoded PCM: what the headers say, what was counted, what the tags say. */
export function describeFacts(
  probe: AudioProbe,
  stream: AudioStream,
  counts: Counts,
  { tags, tagValues, cover, problem }: ReadTags,
): FactsOf<typeof Pcm> {
  const { frames, channels, clipped, errorLines, nonFinite, unverifiedJoins } = counts;
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
    tags: { ...tags },
    ...(Object.keys(tagValues).length === 0 ? {} : { tagValues: { ...tagValues } }),
    hasCover: cover !== null,
    warnings: describeWarnings({
      probe,
      stream,
      errorLines,
      nonFinite,
      unverifiedJoins,
      tagsProblem: problem,
      durationSec,
      clippedRatio: clipped / (frames * channels),
    }),
  };
}
