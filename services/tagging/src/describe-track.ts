import { z } from "zod";
import type { TaggingModel } from "./load-model.ts";
import type { ModelManifest } from "./model-manifest.ts";
import type { PatchScores } from "./score-patches.ts";

export type TrackTags = {
  /** At or above their thresholds, the surest first. */
  tags: { tag: string; score: number }[];
  model: { name: string; version: string; digest: string };
  /** How many patches were averaged. */
  patches: number;
  /** The scores of `tags` over time: from each of `startSec` on, until the next one. */
  overTime?: { startSec: number[]; scores: { tag: string; scores: number[] }[] };
  /** Of unit length; comparable with those of the same model alone. */
  embedding?: { model: string; vector: number[] };
  /** Why there are no tags. */
  reason?: string;
};

/** Where tagging has come to: plain data, to go on from elsewhere. */
export const TagProgress = z.object({
  /** Patches of the plan that are done. */
  done: z.int().nonnegative(),
  /** Those of them that were audible. */
  heard: z.int().nonnegative(),
  /** Sums of scores over the audible ones, by label; empty at the beginning. */
  sums: z.array(z.number()),
  /** The same of their embeddings. */
  place: z.array(z.number()),
  /** A few patches each: when they begin, and their mean scores by label; none where all were silent. */
  spans: z.array(z.object({ startSec: z.number(), scores: z.array(z.number()) })),
});
export type TagProgress = z.infer<typeof TagProgress>;
export const beginning: TagProgress = { done: 0, heard: 0, sums: [], place: [], spans: [] };

/** What `starts` patches of the plan, those that are audible scored, add to it. */
export function addPatches(
  progress: TagProgress,
  { labels, embedding }: ModelManifest,
  { scores, embeddings }: PatchScores,
  { starts, startSec }: { starts: number; startSec: number },
): TagProgress {
  const heard = scores.length / labels.length;
  const here = addRows([], scores, labels.length);
  return {
    done: progress.done + starts,
    heard: progress.heard + heard,
    sums: addRows(progress.sums, scores, labels.length),
    place: embedding ? addRows(progress.place, embeddings, embedding.size) : [],
    spans: [
      ...progress.spans,
      { startSec: round(startSec, 2), scores: heard > 0 ? here.map((sum) => round(sum / heard, 2)) : [] },
    ],
  };
}

function addRows(sums: readonly number[], rows: Float32Array, width: number): number[] {
  const added = Array.from({ length: width }, (_, i) => sums[i] ?? 0);
  for (let i = 0; i < rows.length; i++) added[i % width] = (added[i % width] ?? 0) + (rows[i] ?? 0);
  return added;
}

/** What is said of a track that nothing was heard of for `reason`. */
export function describeNothing({ manifest }: TaggingModel, reason: string): TrackTags {
  return { tags: [], model: modelOf(manifest), patches: 0, reason };
}

/** `progress`: of the whole plan, with at least one patch that was heard. */
export function describeTrack({ manifest }: TaggingModel, progress: TagProgress): TrackTags {
  const { heard, sums, spans } = progress;
  const tags = manifest.labels
    .map(({ tag, threshold }, label) => ({
      tag,
      threshold,
      label,
      score: Math.min(1, (sums[label] ?? 0) / heard),
    }))
    .filter(({ threshold, score }) => threshold !== null && score >= threshold)
    .sort((a, b) => b.score - a.score);
  const result: TrackTags = {
    model: modelOf(manifest),
    patches: heard,
    tags: tags.map(({ tag, score }) => ({ tag, score: round(score, 4) })),
    ...describePlace(manifest, progress.place),
  };
  if (tags.length === 0) return { ...result, reason: "no tag reached its threshold" };
  const overTime = {
    startSec: spans.map(({ startSec }) => startSec),
    scores: tags.map(({ tag, label }) => ({ tag, scores: spans.map(({ scores }) => scores[label] ?? 0) })),
  };
  return { ...result, overTime };
}

function modelOf({ name, version, files }: ModelManifest): TrackTags["model"] {
  return { name, version, digest: files["weights.bin"] };
}

function describePlace(
  { name, files }: ModelManifest,
  place: readonly number[],
): Pick<TrackTags, "embedding"> {
  const length = Math.hypot(...place);
  if (!(length > 0)) return {};
  const model = `${name}@${files["weights.bin"].slice(0, 12)}`;
  return { embedding: { model, vector: place.map((value) => round(value / length, 3)) } };
}

/** Never -0, which JSON does not have. */
function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor + 0;
}
