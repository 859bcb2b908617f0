import { Mono16k, Tempo } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** Tempo, its course, beats and the tempi that the same beat may be counted at. No beat is an answer, not an error. */
export const tempo = defineStep({
  name: "tempo",
  version: 4,
  consumes: { mono16k: Mono16k },
  produces: Tempo,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  // 13 minutes: what is longer is read in pieces, between which an attempt may end.
  fetchWholeUpToBytes: 24 * 2 ** 20,
  setup: () => import("./run-tempo.ts"),

  async *run({ mono16k }, { runTempo }, context) {
    const found = yield* runTempo(mono16k, context);
    const { bpm, confidence, curve, beatsSec, beatStepsMs, reason } = found;
    const beats = (beatStepsMs ?? beatsSec).length;
    context.log.info({ bpm, confidence, points: curve.length, beats, reason }, "tempo estimated");
    return found;
  },
});
