import { Mono16k, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";

export const downsample = defineStep({
  name: "downsample",
  // Part of the address: raise it when the samples or their facts change.
  version: 2,
  consumes: { pcm: Pcm },
  produces: Mono16k,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  // Twelve minutes of stereo: longer PCM is read in ranges.
  fetchWholeUpToBytes: 128 * 2 ** 20,
  async setup() {
    const audio = await import("@segue/audio");
    await audio.findFfmpeg(); // A worker without one never becomes ready: it must not fail tracks.
    return {
      ...audio,
      ...(await import("./downsample-pcm.ts")),
      ...(await import("./resample-pieces.ts")),
    };
  },
  tools: ({ ffmpegTools }) => ffmpegTools(),

  async *run({ pcm }, { downsamplePcm, resamplePieces }, context) {
    const options = { signal: context.signal, onSpawn: context.onSpawn };
    if (pcm.path) return await downsamplePcm(pcm.path, context.outputPath, pcm.facts, options);
    return yield* resamplePieces(pcm, context, options);
  },
});
