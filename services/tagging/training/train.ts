// Trains the model that ships with the service, on sounds that this repository makes:
//   node services/tagging/training/train.ts [--tracks 1500] [--epochs 7] [--cache FILE] [--from MODEL]
// With --from it goes on from a model's weights; with --epochs 0 as well it only chooses thresholds anew. Seeded; takes some minutes on one core. Writes models/synth-small.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createRandom, type Random } from "@segue/synth";
import { losses, type Scalar, type Tensor, tensor2d, tensor3d, tidy, train } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadModel } from "../src/load-model.ts";
import type { ModelInput } from "../src/model-manifest.ts";
import { startBackend } from "../src/start-backend.ts";
import { buildNetwork } from "./build-network.ts";
import { registerConvGradients } from "./conv-gradient.ts";
import { type Dataset, makeDataset, stepsPerUnit } from "./dataset.ts";
import { evaluate } from "./evaluate.ts";
import { saveModel } from "./save-model.ts";
import { vocabulary } from "./vocabulary.ts";

const input: ModelInput = {
  sampleRateHz: 16_000,
  fftSize: 512,
  hop: 256,
  bands: 96,
  patchFrames: 187,
  scale: "log10(1+10000x)",
};
const batchSize = 32;
const heldOutSeed = 1_000_000;

function loadDataset(firstSeed: number, tracks: number, cache: string | undefined): Dataset {
  const path = cache && `${cache}.${firstSeed}.${tracks}`;
  const patchSize = input.patchFrames * input.bands;
  if (path && existsSync(path)) {
    const bytes = readFileSync(path);
    const count = bytes.length / (patchSize + vocabulary.length);
    return {
      count,
      patches: bytes.subarray(0, count * patchSize),
      labels: bytes.subarray(count * patchSize),
    };
  }
  const made = makeDataset(firstSeed, tracks, input);
  if (path) writeFileSync(path, Buffer.concat([made.patches, made.labels]));
  return made;
}

/** Gathers patches into a batch. In training each is shifted in level and tilt, and loses a band of frequencies. */
function gather(data: Dataset, indices: readonly number[], random: Random | undefined): Tensor[] {
  const patchSize = input.patchFrames * input.bands;
  const x = new Float32Array(indices.length * patchSize);
  const y = new Float32Array(indices.length * vocabulary.length);
  indices.forEach((index, row) => {
    const from = random?.chance(0.5) ? random.below(input.bands) : input.bands;
    const to = from + (random?.below(16) ?? 0);
    for (let i = 0; i < patchSize; i++) {
      const band = i % input.bands;
      const masked = band >= from && band < to;
      x[row * patchSize + i] = masked ? 0 : (data.patches[index * patchSize + i] ?? 0) / stepsPerUnit;
    }
    for (let tag = 0; tag < vocabulary.length; tag++) {
      y[row * vocabulary.length + tag] = data.labels[index * vocabulary.length + tag] ?? 0;
    }
  });
  return [
    tensor3d(x, [indices.length, input.patchFrames, input.bands]),
    tensor2d(y, [indices.length, vocabulary.length]),
  ];
}

function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

function fit(layers: LayersModel, data: Dataset, epochs: number): void {
  const random = createRandom(11);
  const steps = Math.floor(data.count / batchSize);
  const optimizer = train.adam(0.002);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const startedMs = performance.now();
    const order = shuffled(data.count, random);
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      // The rate falls as a cosine from 0.002 to nothing.
      const progress = (epoch * steps + step) / (epochs * steps);
      Object.assign(optimizer, { learningRate: 0.002 * (0.5 + 0.5 * Math.cos(Math.PI * progress)) });
      sum += tidy(() => {
        const [x, y] = gather(data, order.slice(step * batchSize, (step + 1) * batchSize), random);
        const loss = optimizer.minimize(() => {
          const scores = layers.apply(x as Tensor, { training: true }) as Tensor;
          return losses.logLoss(y as Tensor, scores) as Scalar;
        }, true);
        return loss?.dataSync()[0] ?? Number.NaN;
      });
    }
    const tookSec = (performance.now() - startedMs) / 1000;
    console.log(`epoch ${epoch + 1}: loss ${(sum / steps).toFixed(4)}, ${tookSec.toFixed(0)} s`);
  }
}

const { values } = parseArgs({
  options: {
    tracks: { type: "string", default: "1500" },
    epochs: { type: "string", default: "7" },
    cache: { type: "string" },
    from: { type: "string" },
    out: { type: "string", default: fileURLToPath(new URL("../models/synth-small", import.meta.url)) },
  },
});
await startBackend();
registerConvGradients();
const data = loadDataset(1, Number(values.tracks), values.cache);
const heldOut = loadDataset(heldOutSeed, 300, values.cache);
console.log(`${data.count} patches to learn from, ${heldOut.count} held out`);
const layers = buildNetwork(input, vocabulary.length, 5);
console.log(`${layers.countParams()} weights`);
if (values.from) layers.setWeights((await loadModel(values.from)).layers.getWeights());
fit(layers, data, Number(values.epochs));
const results = evaluate(layers, heldOut, input);
console.table(results);
await saveModel(values.out, layers, {
  name: "synth-small",
  version: "1",
  labels: results.map(({ tag, threshold }) => ({ tag, threshold })),
  input,
  licence: "AGPL-3.0-only",
  training: `Trained by training/train.ts on ${data.count} patches of synthetic sound; no recording was heard.`,
});
