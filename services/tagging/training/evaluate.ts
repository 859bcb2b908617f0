import { type Tensor, tensor3d, tidy } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelInput } from "../src/model-manifest.ts";
import { type Dataset, patchesPerTrack, stepsPerUnit } from "./dataset.ts";
import { chooseThreshold, measureAuc } from "./measure-auc.ts";
import { vocabulary } from "./vocabulary.ts";

/** Of what is tagged, this much should be right on held-out tracks. */
const wantedPrecision = 0.9;
/** And it should be likelier than not. */
const lowestThreshold = 0.5;

export type TagResult = {
  tag: string;
  /** Share of held-out tracks for which the tag is true. */
  prevalence: number;
  auc: number;
  threshold: number | null;
  precision: number | null;
  recall: number | null;
};

/**
 * Per-tag figures on held-out tracks. A track's score is the mean over its patches, as in the service; a tag is true of a
 * track where it is true of most of them.
 */
export function evaluate(layers: LayersModel, data: Dataset, input: ModelInput): TagResult[] {
  const scores = predict(layers, data, input);
  const tracks = data.count / patchesPerTrack;
  const width = vocabulary.length;
  return vocabulary.map(({ tag, silent }, column) => {
    const sums = Array.from({ length: tracks }, (_, track) => {
      let score = 0;
      let truth = 0;
      for (let p = 0; p < patchesPerTrack; p++) {
        const at = (track * patchesPerTrack + p) * width + column;
        score += (scores[at] ?? 0) / patchesPerTrack;
        truth += (data.labels[at] ?? 0) / patchesPerTrack;
      }
      return { score, truth: truth >= 0.5 };
    });
    const trackScores = sums.map(({ score }) => score);
    const truths = sums.map(({ truth }) => truth);
    const chosen = silent ? null : chooseThreshold(trackScores, truths, wantedPrecision, lowestThreshold);
    const round = (value: number): number => Math.round(value * 1000) / 1000;
    return {
      tag,
      prevalence: round(truths.filter(Boolean).length / tracks),
      auc: round(measureAuc(trackScores, truths)),
      threshold: chosen && round(chosen.threshold),
      precision: chosen && round(chosen.precision),
      recall: chosen && round(chosen.recall),
    };
  });
}

function predict(layers: LayersModel, data: Dataset, input: ModelInput): Float32Array {
  const patchSize = input.patchFrames * input.bands;
  const scores = new Float32Array(data.count * vocabulary.length);
  for (let start = 0; start < data.count; start += 8) {
    const run = Math.min(8, data.count - start);
    const values = Float32Array.from(
      data.patches.subarray(start * patchSize, (start + run) * patchSize),
      (value) => value / stepsPerUnit,
    );
    const rows = tidy(() => {
      const output = layers.predict(tensor3d(values, [run, input.patchFrames, input.bands])) as Tensor;
      return output.dataSync();
    });
    scores.set(rows, start * vocabulary.length);
  }
  return scores;
}
