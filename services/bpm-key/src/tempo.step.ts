import { Mono16k, Tempo } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** Tempo, beats and the tempi that the same beat may be counted at. No beat is an answer, not an error. */
export const tempo = defineStep({
  name: "tempo",
  version: 1,
  consumes: { mono16k: Mono16k },
  produces: Tempo,
  budget: { timeMs: 10_000, memoryMiB: 512 },
  setup: async () => ({ ...(await import("./estimate-tempo.ts")), ...(await import("@segue/audio")) }),

  async run({ mono16k }, { estimateTempo, readWavMono }, { log }) {
    const { beatsSec, ...found } = estimateTempo(await readWavMono(mono16k.path), mono16k.facts.sampleRateHz);
    log.info({ ...found, beats: beatsSec.length }, "tempo estimated");
    return { ...found, beatsSec };
  },
});
