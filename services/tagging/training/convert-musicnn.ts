// Turns the published Keras weights of musicnn into a model directory:
//   node services/tagging/training/convert-musicnn.ts --weights MTT_musicnn.h5 --labels labels.json --out DIRECTORY
// Weights: github.com/Quint-e/musicnn_keras (ISC licence). They are not part of this repository.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { tensor } from "@tensorflow/tfjs-core";
import { type Dataset, File } from "jsfive";
import { z } from "zod";
import { startBackend } from "../src/start-backend.ts";
import { buildMusicnn } from "./build-musicnn.ts";
import { input } from "./model-input.ts";
import { saveModel } from "./save-model.ts";

/** Keras wrote some variables with a `_1` of its own: `dense/dense/bias_1:0`. */
function readVariable(file: File, layer: string, variable: string): Dataset {
  const path = `model_weights/${layer}/${layer}`;
  const group = file.get(path);
  const key =
    group && "keys" in group && group.keys.find((name) => name.replace(/(_1)?:0$/, "") === variable);
  const found = key ? file.get(`${path}/${key}`) : undefined;
  if (found && "shape" in found) return found;
  throw new Error(`no ${variable} of layer ${layer} among the weights`);
}

/** Converts into `out`. Sigmoid scores are low in absolute terms: the threshold is the same for all labels, 0.3. */
export async function convertMusicnn(paths: { weights: string; labels: string; out: string }): Promise<void> {
  await startBackend();
  const labels = z.array(z.string()).parse(JSON.parse(await readFile(paths.labels, "utf8")));
  const bytes = await readFile(paths.weights);
  const file = new File(new Uint8Array(bytes).buffer, "weights");
  const layers = buildMusicnn(input, labels.length);
  for (const layer of layers.layers) {
    if (layer.weights.length === 0) continue;
    const values = layer.weights.map((weight) => {
      const { shape, value } = readVariable(file, layer.name, weight.originalName.split("/").at(-1) ?? "");
      return tensor(Float32Array.from(z.array(z.number()).parse(value)), shape);
    });
    layer.setWeights(values);
  }
  await saveModel(paths.out, layers, {
    name: "musicnn-mtt",
    version: "1",
    labels: labels.map((tag) => ({ tag, threshold: 0.3 })),
    input,
    licence: "ISC (c) 2020 Elio Quinton; musicnn by Jordi Pons",
    training: "Keras weights of Quint-e/musicnn_keras, trained on MagnaTagATune; ROC-AUC 0.907 as published.",
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { weights: { type: "string" }, labels: { type: "string" }, out: { type: "string" } },
  });
  const { weights, labels, out } = values;
  if (!weights || !labels || !out) throw new Error("expected --weights FILE --labels FILE --out DIRECTORY");
  await convertMusicnn({ weights, labels, out });
}
