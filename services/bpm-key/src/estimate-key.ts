import { createChromaMeter, createSegments } from "./chroma.ts";
import { describeKey, type KeyResult, noKey } from "./describe-key.ts";
import { isSilent, loudest } from "./silence.ts";

export type { KeyResult } from "./describe-key.ts";

/** Pitch classes are summed over so long before anything is made of them. */
export const keySegmentSec = 15;
const shortestSec = 1;

/**
 * The key of a track: pitch classes of half-second frames averaged over the track and folded at its own tuning, then the best
 * fitting of the 24 profiles by essentia.js.
 *
 * @param samples mono, nominally within -1..1; @param sampleRateHz at least 8000; 16000 is what it is measured with
 */
export function estimateKey(samples: Float32Array, sampleRateHz: number): KeyResult {
  const none = noKeyIn(loudest(samples), samples.length / sampleRateHz);
  if (none) return none;
  const meter = createChromaMeter(sampleRateHz, keySegmentSec);
  const frames = meter.framesOf(samples.length);
  const segments = createSegments(Math.ceil(frames / meter.framesPerSegment));
  meter.measure({ samples, start: 0 }, 0, frames, segments, 0);
  return describeKey(segments, meter.segmentSec);
}

/** Why there is nothing to be measured in a track with this largest magnitude and length; null where there is. */
export function noKeyIn(peak: number, durationSec: number): KeyResult | null {
  if (isSilent(peak)) return noKey("silence");
  return durationSec < shortestSec ? noKey("too-short") : null;
}
