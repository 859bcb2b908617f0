import type { Tensor } from "@tensorflow/tfjs-core";
import { tensor3d, tidy } from "@tensorflow/tfjs-core";
import type { TaggingModel } from "./load-model.ts";

/** Patches per run of the model: bounds its memory, whatever the track's length. */
export const patchesPerRun = 8;

/** One row per patch. */
export type PatchScores = {
  /** 0 to 1, in the order of the manifest's labels. */
  scores: Float32Array;
  /** As long as the manifest says; empty where the model has none. */
  embeddings: Float32Array;
};

/** Runs the model on patches laid one after another. No tensor outlives the call. */
export function scorePatches(
  model: TaggingModel,
  patches: Float32Array,
  perRun = patchesPerRun,
): PatchScores {
  const { input, labels, embedding } = model.manifest;
  const patchSize = input.patchFrames * input.bands;
  const embeddingSize = embedding?.size ?? 0;
  const count = patches.length / patchSize;
  const scores = new Float32Array(count * labels.length);
  const embeddings = new Float32Array(count * embeddingSize);
  for (let start = 0; start < count; start += perRun) {
    const run = Math.min(perRun, count - start);
    const batch = patches.subarray(start * patchSize, (start + run) * patchSize);
    const rows = tidy(() =>
      listOf(model.layers.predict(tensor3d(batch, [run, input.patchFrames, input.bands]))).map((output) =>
        output.dataSync<"float32">(),
      ),
    );
    scores.set(rows[0] ?? [], start * labels.length);
    if (embedding) embeddings.set(rows[1] ?? [], start * embeddingSize);
  }
  return { scores, embeddings };
}

function listOf(output: Tensor | Tensor[]): Tensor[] {
  return Array.isArray(output) ? output : [output];
}
