import type { FactsOf, Loudness } from "@segue/contracts";
import {
  integratedLoudness,
  loudestLufs,
  loudnessRange,
  momentaryHops,
  shortTermHops,
} from "./gate-loudness.ts";

/**
 * @param hops mean squares of the track's hops of 0.1 s, K-weighted
 * @param truePeak magnitude; 1 is full scale
 */
export function describeLoudness(hops: Float64Array, truePeak: number): FactsOf<typeof Loudness> {
  const integrated = integratedLoudness(hops);
  const reason = reasonFor(hops.length, truePeak, integrated);
  return {
    integratedLufs: toHundredths(integrated),
    rangeLu: toHundredths(loudnessRange(hops)),
    truePeakDbtp: truePeak === 0 ? null : toHundredths(20 * Math.log10(truePeak)),
    maxMomentaryLufs: toHundredths(loudestLufs(hops, momentaryHops)),
    maxShortTermLufs: toHundredths(loudestLufs(hops, shortTermHops)),
    ...(reason === undefined ? {} : { reason }),
  };
}

function reasonFor(hops: number, truePeak: number, integrated: number | null): string | undefined {
  if (truePeak === 0) return "silence";
  if (hops < momentaryHops) return "shorter than 0.4 s";
  if (integrated === null) return "never louder than -70 LUFS";
  return hops < shortTermHops ? "shorter than 3 s: no range" : undefined;
}

/** Meters show tenths; adding zero keeps a negative one out of the record. */
function toHundredths(value: number | null): number | null {
  return value === null ? null : Math.round(100 * value) / 100 + 0;
}
