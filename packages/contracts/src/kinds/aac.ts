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
          "How much quieter than the master the AAC is: below 0 where the master decodes past full scale, or its downmix to stereo would pass it, by the measured peak; and where the AAC would decode past `ceilingDbtp`, by steps of 1.505 dB. Absent: 0",
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
          "True peak of the AAC itself, decoded in floating point (ITU-R BS.1770-4, four times oversampled): at most `ceilingDbtp`. Coding adds noise: it may lie above the master's plus `gainDb`. Null for digital silence; absent in what older versions made",
        )
        .meta(hint({ display: { as: "detail", label: "peak", unit: "dBTP", precision: 1 } })),
      ceilingDbtp: z
        .number()
        .optional()
        .describe(
          "What the AAC's true peak is held to: -1 dBTP, or the master's own true peak where that is above (of a downmix, its largest sample), with 0.2 dB of tolerance; 0 at the most. Absent in what older versions made, which were held to nothing",
        )
        .meta(
          hint({
            index: "none",
            display: { as: "detail", label: "ceiling", unit: "dBTP", precision: 1 },
          }),
        ),
      masterTruePeakDbtp: z
        .number()
        .nullable()
        .optional()
        .describe(
          "True peak of the master, as `pcm` has it. Null for digital silence; absent in what older versions made",
        )
        .meta(
          hint({
            index: "none",
            display: { as: "detail", label: "master's peak", unit: "dBTP", precision: 1 },
          }),
        ),
      warnings: z
        .array(Warning)
        .describe("what a client should know although the file was made")
        .meta(hint({ display: { as: "warnings" } })),
    })
    .meta(hint({ display: { label: "AAC", order: 60 } })),
});
