import { Loudness, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** Loudness, its range and the true peak. Silence has none: an answer, not an error. */
export const loudness = defineStep({
  name: "loudness",
  // Part of the address: raise it when results change.
  version: 2,
  consumes: { pcm: Pcm },
  produces: Loudness,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  // Of the samples nothing is needed: decoding has measured them.
  fetchWholeUpToBytes: 0,
  setup: () => import("./run-loudness.ts"),

  async run({ pcm }, { runLoudness }, { log }) {
    const found = await runLoudness(pcm);
    log.info(found, "loudness measured");
    return found;
  },
});
