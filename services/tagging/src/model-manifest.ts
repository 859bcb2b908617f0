import { z } from "zod";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lowercase hexadecimal digits");

/** What a model reads: log-mel patches of `patchFrames` x `bands`. */
export const ModelInput = z.object({
  sampleRateHz: z.literal(16_000),
  fftSize: z.int().positive(),
  hop: z.int().positive(),
  bands: z.int().positive(),
  patchFrames: z.int().positive(),
  /** The only scale there is: log10(1 + 10000 x) of Slaney mel power. */
  scale: z.literal("log10(1+10000x)"),
});
export type ModelInput = z.infer<typeof ModelInput>;

/**
 * `manifest.json` of a model directory, beside `model.json` (a TensorFlow.js layers model: one input of
 * [batch, patchFrames, bands]; an output of [batch, labels] in 0 to 1, and, where the manifest says `embedding`, a second
 * one of [batch, size]) and `weights.bin`.
 */
export const ModelManifest = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  /** In output order. A tag is reported from its threshold on; null: never reported. */
  labels: z
    .array(z.object({ tag: z.string().min(1), threshold: z.number().min(0).max(1).nullable() }))
    .min(1),
  input: ModelInput,
  /** Where a patch lies among all that the model has heard: what sounds alike lies in the same direction. */
  embedding: z.object({ size: z.int().positive() }).optional(),
  licence: z.string().min(1),
  /** How it was trained, on what, and how well it does: one paragraph. */
  training: z.string().min(1),
  /** SHA-256 of each file. That of the weights is the model's digest. */
  files: z.object({ "model.json": Sha256, "weights.bin": Sha256 }),
});
export type ModelManifest = z.infer<typeof ModelManifest>;
