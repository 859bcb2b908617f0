import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";

/**
 * Loudness after ITU-R BS.1770-4 and EBU R 128, to hundredths, of the master's own channels before any downmix, and before anything
 * is cut off at full scale. What can't be measured is null, with a reason. Mono counts as one channel, as BS.1770 has it: over two
 * loudspeakers it is 3 LU louder.
 */
export const Loudness = defineKind({
  name: "loudness",
  retention: "derivative",
  payload: null,
  facts: z
    .object({
      integratedLufs: z
        .number()
        .nullable()
        .describe(
          "Of the whole master, measured on its own channels (`measuredChannels`), not on a downmix; gated at -70 LUFS and 10 LU below what is over that. Null under 0.4 s and for silence",
        )
        .meta(hint({ display: { as: "summary", unit: "LUFS", precision: 1 } })),
      rangeLu: z
        .number()
        .nonnegative()
        .nullable()
        .describe("Loudness range (EBU Tech 3342). Null under 3 s and for silence")
        .meta(hint({ display: { as: "detail", label: "range", unit: "LU", precision: 1 } })),
      truePeakDbtp: z
        .number()
        .nullable()
        .describe(
          "Largest magnitude between and on the samples of any channel of the master, four times oversampled, before anything is cut off: over 0 where it decodes past full scale. Null for digital silence. The AAC has a `truePeakDbtp` of its own",
        )
        .meta(hint({ display: { as: "detail", label: "peak", unit: "dBTP", precision: 1 } })),
      maxMomentaryLufs: z.number().nullable().describe("Loudest 0.4 s"),
      maxShortTermLufs: z.number().nullable().describe("Loudest 3 s"),
      measuredChannels: z
        .array(
          z.object({
            name: z.string().describe("of the channel"),
            weight: z.number().nonnegative().describe("what its energy counts for"),
          }),
        )
        .optional()
        .describe(
          "What was measured: the master's channels, as FL FR FC LFE BL BR, with what the energy of each counts for. The LFE counts for the true peak alone, side and back channels with 1.41 (+1.5 dB). Absent in what older versions measured, on a stereo downmix",
        ),
      reason: z
        .string()
        .optional()
        .describe("Why `integratedLufs`, or `rangeLu` alone, is null")
        .meta(hint({ display: { as: "reason" } })),
    })
    .meta(hint({ display: { order: 40 } })),
});
