import type { Clip } from "./clip.ts";
import type { Extractor } from "./extractors.ts";
import { type Estimate, type Score, scoreOf } from "./score.ts";

export interface Measured {
  readonly clip: Clip;
  readonly estimate: Estimate;
  readonly score: Score;
  readonly durationSec: number;
  /** User and system time of the estimate alone: no decoding, no loading. */
  readonly cpuSec: number;
}

export async function measureClip(extractor: Extractor, clip: Clip): Promise<Measured> {
  const samples = await clip.load(extractor.sampleRateHz);
  const before = process.cpuUsage();
  const estimate = extractor.estimate(samples);
  const { user, system } = process.cpuUsage(before);
  return {
    clip,
    estimate,
    score: scoreOf(estimate, clip.truth),
    durationSec: samples.length / extractor.sampleRateHz,
    cpuSec: (user + system) / 1e6,
  };
}
