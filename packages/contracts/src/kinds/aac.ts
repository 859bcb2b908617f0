import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";
import { Warning } from "../warning.ts";

/** 128 kbit/s AAC-LC in an m4a that streams from its first byte. */
export const Aac = defineKind({
  name: "aac",
  retention: "derivative",
  payload: { contentType: "audio/mp4", extension: "m4a" },
  facts: z
    .object({
      codec: z.literal("aac").describe("AAC-LC"),
      bitRateKbps: z.number().positive().describe("measured, on average"),
      sampleRateHz: z.int().positive().describe("of the decoded audio"),
      channels: z.int().min(1).max(2).describe("of the decoded audio"),
      durationSec: z
        .number()
        .nonnegative()
        .describe("of the decoded audio, without encoder delay and padding"),
      sizeBytes: z
        .int()
        .positive()
        .describe("of the file")
        .meta(hint({ display: { as: "summary", format: "bytes" } })),
      hasCover: z.boolean().describe("whether it has the master's picture"),
      gainDb: z
        .number()
        .optional()
        .describe(
          "How much quieter than the master the AAC is: below 0 where the master decodes past full scale, or its downmix to stereo would pass it, by the measured peak. Absent: 0",
        )
        .meta({
          default: 0,
          ...hint({ display: { as: "detail", label: "gain", unit: "dB", precision: 1 } }),
        }),
      truePeakDbtp: z
        .number()
        .nullable()
        .optional()
        .describe(
          "True peak of the AAC itself, decoded in floating point. Coding adds noise: it may lie some tenths above the master's (plus `gainDb`). Null for digital silence; absent in what older versions made",
        ),
      warnings: z
        .array(Warning)
        .describe("what a client should know although the file was made")
        .meta(hint({ display: { as: "warnings" } })),
    })
    .meta(hint({ display: { label: "AAC", order: 60 } })),
});
