import type { FactsOf, Pcm } from "@segue/contracts";

/** Facts of one second of mono, for tests. */
export const pcmFacts: FactsOf<typeof Pcm> = {
  codec: "flac",
  container: "flac",
  bitDepth: 16,
  bitRateKbps: null,
  sourceSampleRateHz: 44_100,
  sourceChannels: 1,
  channelLayout: "mono",
  declaredDurationSec: 1,
  durationSec: 1,
  sampleCount: 44_100,
  sampleRateHz: 44_100,
  channels: 1,
  tags: {},
  hasCover: false,
  warnings: [],
};
