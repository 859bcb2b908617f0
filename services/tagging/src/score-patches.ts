import type { Tensor } from "@tensorflow/tfjs-core";
import { tensor3d, tidy } from "@tensorflow/tfjs-core";
import type { TaggingModel } from "./load-model.ts";

/** Patches per run of the model: bounds its memory, whatever the track's length. */
export const patchesPerRun = 8;

/**
 * Runs the model on patches laid one after another and returns one row of label scores per patch. No tensor outlives
 * the call.
 */
export function scorePatches(
  model: TaggingModel,
  patches: Float32Array,
  perRun = patchesPerRun,
): Float32Array {
  const { input, labels } = model.manifest;
  const patchSize = input.patchFrames * input.bands;
  const count = patches.length / patchSize;
  const scores = new Float32Array(count * labels.length);
  for (let start = 0; start < count; start += perRun) {
    const run = Math.min(perRun, count - start);
    const batch = patches.subarray(start * patchSize, (start + run) * patchSize);
    const rows = tidy(() => {
      const output = model.layers.predict(tensor3d(batch, [run, input.patchFrames, input.bands]));
      return one(output).dataSync();
    });
    scores.set(rows, start * labels.length);
  }
  return scores;
}

function one(output: Tensor | Tensor[]): Tensor {
  if (!Array.isArray(output)) return output;
  const [first] = output;
  if (!first || output.length > 1) throw new Error(`a tagging model has one output, got ${output.length}`);
  return first;
}
