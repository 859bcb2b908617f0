import { Master, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";
import { decodeLimits, prefetchBytes } from "./decode-limits.ts";

export const decode = defineStep({
  name: "decode",
  // Part of the address: raise it when the PCM or its facts change.
  version: 4,
  params: { ...decodeLimits },
  consumes: { master: Master },
  produces: Pcm,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  fetchWholeUpToBytes: prefetchBytes,
  setup: async () => ({ ...(await import("./decode-any-length.ts")), ...(await import("@segue/audio")) }),
  tools: ({ ffmpegTools }) => ffmpegTools(),

  async *run({ master }, { decodeAnyLength, announceFfmpeg }, context) {
    await announceFfmpeg(context.log);
    return yield* decodeAnyLength(master, context);
  },
});
