import { Aac, Master, Pcm } from "@segue/contracts";
import { defineStep } from "@segue/step";
import { countSegments } from "./plan-segments.ts";

/**
 * Four minutes of stereo, 2.4 s of CPU and 0.3 s to measure what came out: what one worker does within the budget on a machine that
 * is three times overloaded. Most tracks are shorter.
 */
const wholeUpToBytes = 241 * 44_100 * 4;

export const encode = defineStep({
  name: "encode",
  // Part of the address: raise it when the file that is written changes.
  version: 4,
  consumes: { master: Master, pcm: Pcm },
  produces: Aac,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  fetchWholeUpToBytes: wholeUpToBytes,
  // Only a cover is taken from the master; decoding has read the tags.
  onDemand: ["master"],
  async setup() {
    const audio = await import("@segue/audio");
    await audio.findFfmpeg(); // A worker without one never becomes ready: it must not fail tracks.
    return {
      ...audio,
      ...(await import("./encode-aac.ts")),
      ...(await import("./encode-in-segments.ts")),
      ...(await import("./fetch-master-ends.ts")),
    };
  },
  tools: ({ ffmpegTools }) => ffmpegTools(),
  scatter: {
    count: ({ pcm }) => (pcm.sizeBytes > wholeUpToBytes ? countSegments(pcm.facts.sampleCount) : 0),
    piece: (index, { pcm }, { encodeSegment }, context) => encodeSegment(index, { ...context, pcm }),
  },

  async *run({ master, pcm }, { encodeAac, joinSegments, fetchMasterEnds }, context) {
    const fetchMaster = async () =>
      pcm.facts.hasCover ? await fetchMasterEnds(master, context.scratchDir) : null;
    if (context.pieces.length > 0) return yield* joinSegments({ ...context, pcm, fetchMaster });
    const { outputPath: outPath, scratchDir, signal, onSpawn } = context;
    const from = { pcmPath: pcm.path, tags: pcm.facts.tags, masterPath: await fetchMaster() };
    return await encodeAac({ ...from, outPath, scratchDir, signal, onSpawn }, pcm.facts);
  },
});
