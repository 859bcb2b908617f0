import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { io } from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import type { ModelManifest } from "./model-manifest.ts";
import { readManifest } from "./read-manifest.ts";
import { startBackend } from "./start-backend.ts";

export type TaggingModel = {
  manifest: ModelManifest;
  layers: LayersModel;
  /** Frees the weights. */
  dispose(): void;
};

/**
 * Loads a model directory. Throws where a file is not the one that the manifest names by its SHA-256, or where the
 * graph's input or output does not fit the manifest: results would carry a digest that is not theirs.
 */
export async function loadModel(directory: string): Promise<TaggingModel> {
  const manifest = readManifest(directory);
  const [topology, weights] = await Promise.all([
    readVerified(directory, "model.json", manifest),
    readVerified(directory, "weights.bin", manifest),
  ]);
  await startBackend();
  const { modelTopology, weightSpecs } = JSON.parse(topology.toString("utf8")) as io.ModelArtifacts;
  const weightData = new Uint8Array(weights).buffer;
  const layers = await loadLayersModel({
    load: async () => ({
      ...(modelTopology && { modelTopology }),
      ...(weightSpecs && { weightSpecs }),
      weightData,
    }),
  });
  checkShapes(layers, manifest);
  return { manifest, layers, dispose: () => void layers.dispose() };
}

async function readVerified(
  directory: string,
  file: keyof ModelManifest["files"],
  manifest: ModelManifest,
): Promise<Buffer> {
  const path = join(directory, file);
  const bytes = await readFile(path);
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== manifest.files[file])
    throw new Error(
      `${path} is not the file that its manifest names: expected sha256 ${manifest.files[file]}, got ${digest}`,
    );
  return bytes;
}

function checkShapes(layers: LayersModel, { input, labels, embedding, name }: ModelManifest): void {
  const expected = [
    [null, input.patchFrames, input.bands],
    [null, labels.length],
    ...(embedding ? [[null, embedding.size]] : []),
  ];
  const got = [...layers.inputs, ...layers.outputs].map(({ shape }) => shape);
  if (JSON.stringify(got) === JSON.stringify(expected)) return;
  throw new Error(
    `model ${name}: expected input and outputs ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`,
  );
}
