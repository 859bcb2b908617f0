import { Pcm, Waveform } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** Peaks for drawing, at several zooms. */
export const waveform = defineStep({
  name: "waveform",
  // Part of the address: raise it when the bytes change.
  version: 2,
  consumes: { pcm: Pcm },
  produces: Waveform,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  // Twelve minutes of stereo: longer PCM is read in ranges.
  fetchWholeUpToBytes: 128 * 2 ** 20,
  setup: () => import("./run-waveform.ts"),

  async *run({ pcm }, { runWaveform }, context) {
    const facts = yield* runWaveform(pcm, context);
    context.log.info({ zooms: facts.zooms }, "waveform drawn");
    return facts;
  },
});
