import type { ModelInput } from "./model-manifest.ts";

/**
 * The first frame of each patch. Patches follow one another without overlap, what is left at the end is dropped; where
 * there would be more than `limit`, that many are spread evenly over the track, so that cost has a bound.
 */
export function planPatches(sampleCount: number, { hop, patchFrames }: ModelInput, limit: number): number[] {
  const frames = sampleCount === 0 ? 0 : 1 + Math.floor(sampleCount / hop);
  const fitting = Math.floor(frames / patchFrames);
  if (fitting <= limit) return Array.from({ length: fitting }, (_, i) => i * patchFrames);
  const last = frames - patchFrames;
  return Array.from({ length: limit }, (_, i) => Math.round((i * last) / Math.max(1, limit - 1)));
}
