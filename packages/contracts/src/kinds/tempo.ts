import { z } from "zod";
import { defineKind } from "../kind.ts";

/** Tempo and beats; `bpm` is null, with a reason, where there is no tempo to speak of. */
export const Tempo = defineKind({
  name: "tempo",
  retention: "derivative",
  payload: null,
  facts: z.object({
    bpm: z.number().positive().nullable(),
    confidence: z.number().min(0).max(1),
    beatsSec: z.array(z.number().nonnegative()),
    alternatives: z.array(z.object({ bpm: z.number().positive(), relation: z.string() })),
    reason: z.string().optional(),
  }),
});
