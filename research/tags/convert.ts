// What train.py has learned, as a model directory of the product:
//   node research/tags/convert.ts OUT MODEL [--thresholds thresholds.json]
// Reads OUT/student.json and OUT/student.f32; without thresholds (evaluate.py chooses them) no tag is ever reported.
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { input } from "@segue/tagging/model-input";
import { saveModel } from "@segue/tagging/save-model";
import { startBackend } from "@segue/tagging/start-backend";
import { tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { buildNetwork } from "./build-network.ts";

const Student = z.object({
  words: z.array(z.string()),
  layers: z.array(z.string()),
  /** Of each layer's kernel, then its bias. */
  shapes: z.array(z.array(z.int().positive())),
  /** What it made of a made patch where it was trained: kept beside the model, for its test. */
  golden: z.object({ scores: z.array(z.number()), embedding: z.array(z.number()) }),
});
const Thresholds = z.object({
  labels: z.record(z.string(), z.number().nullable()),
  training: z.string(),
});
const embeddingSize = 128;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { thresholds: { type: "string" } },
});
const [folder, out] = positionals;
if (!folder || !out) throw new Error("expected: convert.ts OUT MODEL");
await startBackend();
const student = Student.parse(JSON.parse(await readFile(join(folder, "student.json"), "utf8")));
const bytes = await readFile(join(folder, "student.f32"));
const weights = new Float32Array(new Uint8Array(bytes).buffer);
const network = buildNetwork(input, student.words.length, embeddingSize);
let at = 0;
student.layers.forEach((name, index) => {
  const tensors = student.shapes.slice(2 * index, 2 * index + 2).map((shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    at += size;
    return tensor(weights.subarray(at - size, at), shape);
  });
  network.getLayer(name).setWeights(tensors);
});
if (at !== weights.length) throw new Error(`expected ${at} weights, got ${weights.length}`);
const chosen = values.thresholds
  ? Thresholds.parse(JSON.parse(await readFile(values.thresholds, "utf8")))
  : { labels: {}, training: "not judged yet" };
await saveModel(out, network, {
  name: basename(out),
  version: "1",
  labels: student.words.map((tag) => ({ tag, threshold: chosen.labels[tag] ?? null })),
  input,
  embedding: { size: embeddingSize },
  licence: "AGPL-3.0-only",
  training: chosen.training,
});
const rounded = (values: readonly number[]): number[] => values.map((value) => Number(value.toFixed(5)));
const golden = { scores: rounded(student.golden.scores), embedding: rounded(student.golden.embedding) };
await writeFile(join(out, "golden.json"), `${JSON.stringify(golden)}\n`);
