import { z } from "zod";
import { defineKind } from "../kind.ts";
import { Warning } from "../warning.ts";

/** 128 kbit/s AAC-LC in an m4a that streams from its first byte. */
export const Aac = defineKind({
  name: "aac",
  retention: "derivative",
  payload: { contentType: "audio/mp4", extension: "m4a" },
  facts: z.object({
    codec: z.literal("aac"),
    bitRateKbps: z.number().positive(),
    sampleRateHz: z.int().positive(),
    channels: z.int().min(1).max(2),
    durationSec: z.number().nonnegative(),
    sizeBytes: z.int().positive(),
    hasCover: z.boolean(),
    warnings: z.array(Warning),
  }),
});
