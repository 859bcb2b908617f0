import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type io, tidy } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { ModelManifest } from "../src/model-manifest.ts";

/**
 * Writes a model directory: topology, weights (halves where `float16`, which scores differ from by under 0.001), and the
 * manifest with their digests.
 */
export async function saveModel(
  directory: string,
  layers: LayersModel,
  manifest: Omit<ModelManifest, "files">,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const specs: io.WeightsManifestEntry[] = [];
  const chunks: Buffer[] = [];
  for (const weight of layers.weights) {
    const values = tidy(() => weight.read().dataSync<"float32">());
    chunks.push(encodeHalves(values));
    const shape = weight.shape.map((size) => size ?? 0);
    specs.push({
      name: weight.originalName,
      shape,
      dtype: "float32",
      quantization: {
        dtype: "float16",
        original_dtype: "float32",
      } as io.WeightsManifestEntry["quantization"] & object,
    });
  }
  const weights = Buffer.concat(chunks);
  const topology = JSON.stringify({
    modelTopology: layers.toJSON(null, false),
    weightSpecs: specs,
  });
  const digest = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");
  const files = { "model.json": digest(topology), "weights.bin": digest(weights) };
  await writeFile(join(directory, "weights.bin"), weights);
  await writeFile(join(directory, "model.json"), topology);
  const complete = ModelManifest.parse({ ...manifest, files });
  await writeFile(join(directory, "manifest.json"), `${JSON.stringify(complete, null, 2)}\n`);
}

/** IEEE 754 halves, little-endian, rounded to nearest; what is too small becomes zero. */
function encodeHalves(values: Float32Array): Buffer {
  const out = Buffer.alloc(values.length * 2);
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  values.forEach((value, i) => {
    float[0] = value;
    const whole = bits[0] ?? 0;
    const sign = (whole >>> 16) & 0x8000;
    // Adding half of the last kept place rounds; the exponent moves from bias 127 to bias 15.
    const rounded = (whole & 0x7fff_ffff) + 0x1000;
    const exponent = (rounded >>> 23) - 112;
    if (exponent >= 31) throw new RangeError(`weight ${value} does not fit a half float`);
    out.writeUInt16LE(exponent <= 0 ? sign : sign | (exponent << 10) | ((rounded >>> 13) & 0x3ff), i * 2);
  });
  return out;
}
