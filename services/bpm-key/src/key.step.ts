import { Key, Mono16k } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** Musical key and mode, their course, and the codes that DJs mix by. No key is an answer, not an error. */
export const key = defineStep({
  name: "key",
  version: 2,
  consumes: { mono16k: Mono16k },
  produces: Key,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  // 13 minutes: what is longer is read in pieces, between which an attempt may end.
  fetchWholeUpToBytes: 24 * 2 ** 20,
  setup: () => import("./run-key.ts"),

  async *run({ mono16k }, { runKey }, context) {
    const found = yield* runKey(mono16k, context);
    const { key: tonic, mode, strength, confidence, curve, reason } = found;
    context.log.info(
      { key: tonic, mode, strength, confidence, points: curve.length, reason },
      "key estimated",
    );
    return found;
  },
});
