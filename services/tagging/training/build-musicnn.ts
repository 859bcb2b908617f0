import {
  type LayersModel,
  layers,
  model,
  input as modelInput,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import type { ModelInput } from "../src/model-manifest.ts";
import { applyLayer } from "./apply-layer.ts";

const epsilon = 0.001;

/**
 * The graph of musicnn (Pons and Serra 2019) as its Keras port has it, layers named as there: timbral and temporal
 * convolutions, three residual convolutions over time, mean and maximum over time, two dense layers.
 */
export function buildMusicnn({ patchFrames, bands }: ModelInput, labels: number): LayersModel {
  const start = modelInput({ shape: [patchFrames, bands] });
  const image = applyLayer(layers.reshape({ targetShape: [patchFrames, bands, 1] }), start);
  const entry = normalise("batch_normalization", image);
  const padded = applyLayer(
    layers.zeroPadding2d({
      padding: [
        [3, 3],
        [0, 0],
      ],
    }),
    entry,
  );
  const front = applyLayer(layers.concatenate({ axis: 2 }), [
    frontBranch("conv2d", "batch_normalization_1", padded, [204, 7, 38], "valid"),
    frontBranch("conv2d_1", "batch_normalization_2", padded, [204, 7, 67], "valid"),
    frontBranch("conv2d_2", "batch_normalization_3", entry, [51, 128, 1], "same"),
    frontBranch("conv2d_3", "batch_normalization_4", entry, [51, 64, 1], "same"),
    frontBranch("conv2d_4", "batch_normalization_5", entry, [51, 32, 1], "same"),
  ]);
  const first = middle("midend_conv1", "bn_midend_conv1", front);
  const second = applyLayer(layers.add(), [middle("midend_conv2", "bn_midend_conv2", first), first]);
  const third = applyLayer(layers.add(), [middle("midend_conv3", "bn_midend_conv3", second), second]);
  const all = applyLayer(layers.concatenate({ axis: 2 }), [front, first, second, third]);
  // Flattened, maximum and mean alternate channel by channel.
  const most = applyLayer(layers.globalMaxPooling1d({}), all);
  const mean = applyLayer(layers.globalAveragePooling1d({}), all);
  const width = all.shape[2] ?? 0;
  const column = (x: SymbolicTensor): SymbolicTensor =>
    applyLayer(layers.reshape({ targetShape: [width, 1] }), x);
  let x = applyLayer(
    layers.flatten(),
    applyLayer(layers.concatenate({ axis: 2 }), [column(most), column(mean)]),
  );
  x = normalise("bn_flatpool", x);
  x = applyLayer(layers.dense({ units: 200, activation: "relu", name: "dense" }), x);
  x = normalise("bn_dense", x);
  const output = applyLayer(layers.dense({ units: labels, activation: "sigmoid", name: "dense_1" }), x);
  return model({ inputs: start, outputs: output, name: "musicnn" });
}

function normalise(name: string, x: SymbolicTensor): SymbolicTensor {
  return applyLayer(layers.batchNormalization({ name, epsilon }), x);
}

/** A convolution over time and frequency and its maximum over frequency: [frames, filters]. */
function frontBranch(
  name: string,
  normName: string,
  x: SymbolicTensor,
  [filters, rows, columns]: readonly [number, number, number],
  padding: "valid" | "same",
): SymbolicTensor {
  const conv = layers.conv2d({ name, filters, kernelSize: [rows, columns], padding, activation: "relu" });
  const y = normalise(normName, applyLayer(conv, x));
  const [, frames, height] = y.shape;
  const pooled = applyLayer(
    layers.maxPooling2d({ poolSize: [1, height ?? 1], strides: [1, height ?? 1] }),
    y,
  );
  return applyLayer(layers.reshape({ targetShape: [frames ?? 0, filters] }), pooled);
}

/** Seven frames of all channels to 64: [frames, 64]. */
function middle(name: string, normName: string, x: SymbolicTensor): SymbolicTensor {
  const [, frames, width] = x.shape;
  const image = applyLayer(layers.reshape({ targetShape: [frames ?? 0, width ?? 0, 1] }), x);
  const padded = applyLayer(
    layers.zeroPadding2d({
      padding: [
        [3, 3],
        [0, 0],
      ],
    }),
    image,
  );
  const conv = layers.conv2d({ name, filters: 64, kernelSize: [7, width ?? 0], activation: "relu" });
  const y = normalise(normName, applyLayer(conv, padded));
  return applyLayer(layers.reshape({ targetShape: [frames ?? 0, 64] }), y);
}
