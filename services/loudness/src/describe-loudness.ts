import type { FactsOf, Loudness } from "@segue/contracts";
import {
  integratedLoudness,
  loudestLufs,
  loudnessRange,
  momentaryHops,
  shortTermHops,
} from "./gate-loudness.ts";

/**
 * @param energies mean squares of the track's hops of 0.1 s, K-weighted
 * @param truePeakDbtp null for digital silence
 */
export function describeLoudness(
  energies: Float32Array,
  truePeakDbtp: number | null,
): FactsOf<typeof Loudness> {
  const hops = Float64Array.from(energies);
  const integrated = integratedLoudness(hops);
  const reason = reasonFor(hops.length, truePeakDbtp, integrated);
  return {
    integratedLufs: toHundredths(integrated),
    rangeLu: toHundredths(loudnessRange(hops)),
    truePeakDbtp,
    maxMomentaryLufs: toHundredths(loudestLufs(hops, momentaryHops)),
    maxShortTermLufs: toHundredths(loudestLufs(hops, shortTermHops)),
    ...(reason === undefined ? {} : { reason }),
  };
}

function reasonFor(hops: number, truePeakDbtp: number | null, integrated: number | null): string | undefined {
  if (truePeakDbtp === null) return "silence";
  if (hops < momentaryHops) return "shorter than 0.4 s";
  if (integrated === null) return "never louder than -70 LUFS";
  return hops < shortTermHops ? "shorter than 3 s: no range" : undefined;
}

/** Meters show tenths; adding zero keeps a negative one out of the record. */
function toHundredths(value: number | null): number | null {
  return value === null ? null : Math.round(100 * value) / 100 + 0;
}
