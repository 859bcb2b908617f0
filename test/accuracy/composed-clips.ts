import { composeTrack, pitchClasses, renderScore, type Style } from "@segue/synth";
import type { Clip, ClipTruth } from "./clip.ts";

const styles: readonly Style[] = ["pop", "dance", "ballad", "hiphop", "ambient"];
const slowestBpm: Record<Style, number> = { pop: 96, dance: 118, ballad: 64, hiphop: 78, ambient: 70 };

/** Pieces that the project composes and plays itself, in all keys and styles. Deterministic; easier than real music. */
export function composedClips(count: number): Clip[] {
  return Array.from({ length: count }, (_, i) => {
    const style = styles[i % styles.length] ?? "pop";
    const truth = {
      bpm: slowestBpm[style] + ((i * 7) % 24),
      key: pitchClasses[(i * 5) % 12] ?? ("C" as const),
      mode: i % 3 === 0 ? "minor" : "major",
    } satisfies ClipTruth;
    return {
      name: `${style} ${i}`,
      group: style,
      truth,
      load: async (sampleRateHz) => {
        const score = composeTrack({ ...truth, seed: 100 + i, durationSec: 24, style });
        const { left, right } = renderScore(score, { sampleRateHz });
        return left.map((sample, at) => (sample + (right[at] ?? 0)) / 2);
      },
    };
  });
}
