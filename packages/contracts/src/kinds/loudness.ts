import { z } from "zod";
import { defineKind } from "../kind.ts";

/**
 * Loudness after ITU-R BS.1770-4 and EBU R 128, to hundredths. What can't be measured is null, with a reason. Mono counts as one
 * channel, as BS.1770 has it: over two loudspeakers it is 3 LU louder.
 */
export const Loudness = defineKind({
  name: "loudness",
  retention: "derivative",
  payload: null,
  facts: z.object({
    /** Of the whole track, gated at -70 LUFS and 10 LU below what is over that. Null under 0.4 s and for silence. */
    integratedLufs: z.number().nullable(),
    /** Loudness range (EBU Tech 3342). Null under 3 s and for silence. */
    rangeLu: z.number().nonnegative().nullable(),
    /** Largest magnitude between and on the samples, four times oversampled; may be over 0. Null for digital silence. */
    truePeakDbtp: z.number().nullable(),
    /** Loudest 0.4 s. */
    maxMomentaryLufs: z.number().nullable(),
    /** Loudest 3 s. */
    maxShortTermLufs: z.number().nullable(),
    /** Why `integratedLufs`, or `rangeLu` alone, is null. */
    reason: z.string().optional(),
  }),
});
