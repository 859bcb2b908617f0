import type { ModelInput } from "../src/model-manifest.ts";

/** What musicnn reads, and what is distilled from it. */
export const input: ModelInput = {
  sampleRateHz: 16_000,
  fftSize: 512,
  hop: 256,
  bands: 96,
  patchFrames: 187,
  scale: "log10(1+10000x)",
};
