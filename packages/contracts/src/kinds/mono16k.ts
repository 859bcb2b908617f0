import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";

/** 16 kHz mono 16-bit WAV: what the analysers consume. */
export const Mono16k = defineKind({
  name: "mono16k",
  retention: "intermediate",
  payload: { contentType: "audio/wav", extension: "wav" },
  facts: z
    .object({
      sampleRateHz: z.literal(16_000).describe("always the same"),
      sampleCount: z.int().nonnegative().describe("samples"),
      durationSec: z.number().nonnegative().describe("as counted from the samples"),
      peakDb: z
        .number()
        .nullable()
        .describe("largest magnitude in dB relative to full scale; null for digital silence"),
      rmsDb: z
        .number()
        .nullable()
        .describe("root mean square in dB relative to full scale; null for digital silence"),
      silent: z.boolean().describe("whether nothing in it is louder than -60 dB"),
      mix: z
        .string()
        .optional()
        .describe(
          "How two channels became one: `mean`, or `quadrature`, both of them a quarter turn apart, where their mean would lose sound. Absent: `mean`",
        ),
    })
    .meta(hint({ display: { as: "none" } })),
});
