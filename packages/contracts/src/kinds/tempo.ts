import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";

const Confidence = z.number().min(0).max(1).describe("how sure it is");
const Bpm = z.number().positive();

/**
 * Tempo and beats; `bpm` is null, with a reason, where there is no tempo to speak of. Where the tempo changes, `bpm` is the one that
 * most of the time has.
 */
export const Tempo = defineKind({
  name: "tempo",
  retention: "derivative",
  payload: null,
  facts: z
    .object({
      bpm: Bpm.nullable()
        .describe(
          "beats per minute; where the tempo changes, what most of the time has; null where there is none",
        )
        .meta(
          hint({
            display: { as: "summary", unit: "BPM", precision: 1 },
            correct: { tolerance: 0.04, octaves: true },
          }),
        ),
      confidence: Confidence.describe("how sure `bpm` is as it is: the product of the two below").meta(
        hint({ display: { as: "aside", format: "fraction" } }),
      ),
      pulseConfidence: Confidence.optional().describe(
        "how sure it is that there is this pulse, at `bpm` or at a multiple of it; not told by versions before 4",
      ),
      octaveConfidence: Confidence.optional().describe(
        "how sure it is, where the pulse is right, that people count it at `bpm`; not told by versions before 4",
      ),
      curve: z
        .array(
          z.object({
            startSec: z.number().nonnegative().describe("where it begins to hold"),
            bpm: Bpm.nullable().describe("null where no tempo can be heard"),
            confidence: Confidence,
          }),
        )
        .default([])
        .describe(
          "the tempo over time: each point holds until the next one begins, the last to the end; points are 15 s apart, and each is " +
            "measured on the 30 s around its stretch; a track under a minute has one",
        ),
      beatsSec: z
        .array(z.number().nonnegative())
        .describe(
          "beat times, ascending, to the millisecond; of more than 12,000 beats (a mix of some 90 minutes) see `beatStepsMs`",
        )
        .meta(hint({ index: "none" })),
      /** Three hours are about 100 kB this way, where times would be 250. */
      beatStepsMs: z
        .array(z.int().nonnegative())
        .optional()
        .describe(
          "in place of `beatsSec`, which is empty then: the time of the first beat, and the distance of each other from the one before it",
        )
        .meta(hint({ index: "none" })),
      alternatives: z
        .array(
          z.object({
            bpm: Bpm.describe("another tempo that it could be heard at"),
            relation: z.string().describe("to `bpm`: `half`, `double` and the like"),
            probability: Confidence.optional().describe("that people count it so, where the pulse is right"),
          }),
        )
        .describe("other tempos that it could be heard at"),
      reason: z
        .string()
        .optional()
        .describe("why there is no tempo")
        .meta(hint({ display: { as: "reason" } })),
    })
    .meta(hint({ display: { order: 20 } })),
});
