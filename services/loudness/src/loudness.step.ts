import { Loudness, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** Loudness, its range and the true peak. Silence has none: an answer, not an error. */
export const loudness = defineStep({
  name: "loudness",
  // Part of the address: raise it when results change.
  version: 1,
  consumes: { pcm: Pcm },
  produces: Loudness,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  // Twelve minutes of stereo: longer PCM is read in ranges.
  fetchWholeUpToBytes: 128 * 2 ** 20,
  setup: () => import("./run-loudness.ts"),

  async *run({ pcm }, { runLoudness }, context) {
    const found = yield* runLoudness(pcm, context);
    context.log.info(found, "loudness measured");
    return found;
  },
});
