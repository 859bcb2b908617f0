import { Master, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** Half an hour of stereo is 318 MB of PCM: what can be decoded, written and uploaded within the budget. */
const maxDurationSec = 1800;

export const decode = defineStep({
  name: "decode",
  // Part of the address: raise it when the PCM or its facts change.
  version: 1,
  params: { maxDurationSec },
  consumes: { master: Master },
  produces: Pcm,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  setup: async () => ({ ...(await import("./decode-master.ts")), ...(await import("@segue/audio")) }),

  async run({ master }, { decodeMaster, announceFfmpeg }, { log, outputPath, signal, onSpawn }) {
    await announceFfmpeg(log);
    return decodeMaster(master.path, outputPath, { signal, onSpawn, maxDurationSec, timeoutMs: 9_500 });
  },
});
