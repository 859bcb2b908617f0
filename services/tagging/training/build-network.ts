import { initializers, type LayersModel, layers, model, input as modelInput } from "@tensorflow/tfjs-layers";
import type { ModelInput } from "../src/model-manifest.ts";
import { applyLayer } from "./apply-layer.ts";

/**
 * Four strided convolutions over time and frequency, mean and maximum over time, two dense layers: about 60 000
 * weights, 6 million multiplications per patch.
 */
export function buildNetwork(input: ModelInput, labels: number, seed: number): LayersModel {
  let next = seed;
  const random = () => initializers.heNormal({ seed: next++ });
  const start = modelInput({ shape: [input.patchFrames, input.bands] });
  let x = applyLayer(layers.reshape({ targetShape: [input.patchFrames, input.bands, 1] }), start);
  x = applyLayer(layers.rescaling({ scale: 0.5, offset: -0.75 }), x);
  for (const [filters, kernelSize] of [
    [12, 5],
    [24, 3],
    [32, 3],
    [48, 3],
  ] as const) {
    const conv = layers.conv2d({
      filters,
      kernelSize,
      strides: 2,
      padding: "valid",
      activation: "relu",
      kernelInitializer: random(),
    });
    x = applyLayer(conv, x);
  }
  const [, frames, , depth] = x.shape;
  if (!frames || !depth) throw new Error(`unexpected shape ${JSON.stringify(x.shape)}`);
  const mean = applyLayer(
    layers.flatten(),
    applyLayer(layers.averagePooling2d({ poolSize: [frames, 1], strides: 1 }), x),
  );
  const most = applyLayer(
    layers.flatten(),
    applyLayer(layers.maxPooling2d({ poolSize: [frames, 1], strides: 1 }), x),
  );
  x = applyLayer(layers.concatenate(), [mean, most]);
  x = applyLayer(layers.dropout({ rate: 0.3, seed: next++ }), x);
  x = applyLayer(layers.dense({ units: 64, activation: "relu", kernelInitializer: random() }), x);
  const output = applyLayer(
    layers.dense({ units: labels, activation: "sigmoid", kernelInitializer: random() }),
    x,
  );
  return model({ inputs: start, outputs: output, name: "tags" });
}
