import { Aac, Master, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** 2.5 s of CPU for 4 minutes: 12 minutes take 7.5 s of a core that is free. */
const maxDurationSec = 720;

export const encode = defineStep({
  name: "encode",
  // Part of the address: raise it when the file that is written changes.
  version: 1,
  params: { maxDurationSec },
  consumes: { master: Master, pcm: Pcm },
  produces: Aac,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  // Only a cover is taken from the master; decoding has read the tags.
  onDemand: ["master"],
  setup: () => import("./encode-aac.ts"),

  run: async ({ master, pcm }, { encodeAac }, { outputPath, scratchDir, signal, onSpawn }) =>
    encodeAac({
      pcmPath: pcm.path,
      tags: pcm.facts.tags,
      masterPath: pcm.facts.hasCover ? await master.fetch() : null,
      outPath: outputPath,
      scratchDir,
      signal,
      onSpawn,
      maxDurationSec,
      timeoutMs: 9_500,
    }),
});
