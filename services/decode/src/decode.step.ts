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
  async setup() {
    const audio = await import("@segue/audio");
    await audio.findFfmpeg(); // A worker without one never becomes ready: it must not fail tracks.
    return { ...audio, ...(await import("./decode-any-length.ts")) };
  },
  tools: ({ ffmpegTools }) => ffmpegTools(),

  async *run({ master }, { decodeAnyLength, announceFfmpeg }, context) {
    await announceFfmpeg(context.log);
    return yield* decodeAnyLength(master, context);
  },
});
