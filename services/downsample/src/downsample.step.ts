import { Mono16k, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";

export const downsample = defineStep({
  name: "downsample",
  // Part of the address: raise it when the samples or their facts change.
  version: 1,
  consumes: { pcm: Pcm },
  produces: Mono16k,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  setup: () => import("./downsample-pcm.ts"),

  run: ({ pcm }, { downsamplePcm }, { outputPath, signal, onSpawn }) =>
    downsamplePcm(pcm.path, outputPath, { signal, onSpawn, timeoutMs: 9_500 }),
});
