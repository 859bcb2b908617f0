import { applyLayer } from "@segue/tagging/apply-layer";
import type { ModelInput } from "@segue/tagging/model-manifest";
import { type LayersModel, layers, model, input as modelInput } from "@tensorflow/tfjs-layers";

/** Filters, kernel and stride, over time and frequency, as train.py has them. The last takes in all bands that are left. */
const convolutions = [
  [16, [5, 5], [2, 2]],
  [32, [3, 3], [2, 2]],
  [48, [3, 3], [2, 2]],
  [64, [3, 3], [1, 2]],
  [96, [3, 4], [1, 1]],
] as const;
const hiddenUnits = 128;

/**
 * The graph that train.py trains, with its normalisations folded into the convolutions: five of them, mean and maximum over time, a
 * dense layer, and from it the scores and the embedding. Layers are named as there.
 */
export function buildNetwork(input: ModelInput, labels: number, embeddingSize: number): LayersModel {
  const start = modelInput({ shape: [input.patchFrames, input.bands] });
  let x = applyLayer(layers.reshape({ targetShape: [input.patchFrames, input.bands, 1] }), start);
  x = applyLayer(layers.rescaling({ scale: 0.5, offset: -0.75 }), x);
  convolutions.forEach(([filters, kernelSize, strides], index) => {
    const shape = { filters, kernelSize: [...kernelSize], strides: [...strides] as [number, number] };
    const convolution = layers.conv2d({ ...shape, activation: "relu", name: `conv${index}` });
    x = applyLayer(convolution, x);
  });
  const [, frames, bands, depth] = x.shape;
  if (!frames || bands !== 1 || !depth) throw new Error(`unexpected shape ${JSON.stringify(x.shape)}`);
  x = applyLayer(layers.reshape({ targetShape: [frames, depth] }), x);
  const mean = applyLayer(layers.globalAveragePooling1d({}), x);
  const most = applyLayer(layers.globalMaxPooling1d({}), x);
  x = applyLayer(layers.concatenate(), [mean, most]);
  x = applyLayer(layers.dense({ units: hiddenUnits, activation: "relu", name: "hidden" }), x);
  const tags = applyLayer(layers.dense({ units: labels, activation: "sigmoid", name: "tags" }), x);
  const embedding = applyLayer(layers.dense({ units: embeddingSize, name: "embedding" }), x);
  return model({ inputs: start, outputs: [tags, embedding], name: "heard" });
}
