import { defineKind, hint, Pcm } from "@segue/contracts";
import { defineCommandStep } from "@segue/step";
import { z } from "zod";

/** In dB relative to full scale; null for a channel of zeros only. */
const Level = z.number().nullable();

/** How far peaks stand out, per channel: a measure of how hard a master is limited. */
export const Crest = defineKind({
  name: "crest",
  retention: "derivative",
  payload: null,
  facts: z.strictObject({
    channels: z
      .array(
        z.strictObject({
          peakDb: Level,
          rmsDb: Level,
          /** Peak over RMS in dB: 3.01 for a sine, 0 for a square wave, null in silence. */
          crestDb: z
            .number()
            .nonnegative()
            .nullable()
            .meta(hint({ display: { as: "summary", unit: "dB", precision: 1 } })),
        }),
      )
      .min(1)
      // Shown as what each channel shows of itself: `12.3 dB, 11.9 dB`.
      .meta(hint({ display: { as: "summary" } })),
  }),
});

export const crest = defineCommandStep({
  name: "crest",
  // Part of the address: raise it when what crest.py finds changes.
  version: 1,
  params: { chunkSec: 30 },
  consumes: { pcm: Pcm },
  produces: Crest,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  command: ["python3", new URL("./crest.py", import.meta.url)],
});
