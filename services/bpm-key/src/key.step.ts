import { Key, Mono16k } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** Musical key and mode, with the codes that DJs mix by. No key is an answer, not an error. */
export const key = defineStep({
  name: "key",
  version: 1,
  consumes: { mono16k: Mono16k },
  produces: Key,
  budget: { timeMs: 10_000, memoryMiB: 512 },
  setup: async () => ({ ...(await import("./estimate-key.ts")), ...(await import("@segue/audio")) }),

  async run({ mono16k }, { estimateKey, readWavMono }, { log }) {
    const found = estimateKey(await readWavMono(mono16k.path), mono16k.facts.sampleRateHz);
    log.info(found, "key estimated");
    return found;
  },
});
