import { z } from "zod";
import { defineKind } from "../kind.ts";

/** 16 kHz mono 16-bit WAV: what the analysers consume. */
export const Mono16k = defineKind({
  name: "mono16k",
  retention: "intermediate",
  payload: { contentType: "audio/wav", extension: "wav" },
  facts: z.object({
    sampleRateHz: z.literal(16_000),
    sampleCount: z.int().nonnegative(),
    durationSec: z.number().nonnegative(),
    /** Largest magnitude in dB relative to full scale; null for digital silence. */
    peakDb: z.number().nullable(),
    rmsDb: z.number().nullable(),
    silent: z.boolean(),
  }),
});
