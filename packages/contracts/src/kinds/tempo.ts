import { z } from "zod";
import { defineKind } from "../kind.ts";

const Confidence = z.number().min(0).max(1);

/**
 * Tempo and beats; `bpm` is null, with a reason, where there is no tempo to speak of. Where the tempo changes, `bpm` is the one that
 * most of the time has.
 */
export const Tempo = defineKind({
  name: "tempo",
  retention: "derivative",
  payload: null,
  facts: z.object({
    bpm: z.number().positive().nullable(),
    confidence: Confidence,
    /**
     * The tempo over time: each point holds until the next one begins, the last to the end. Points are 15 s apart, and each is
     * measured on the 30 s around its stretch; a track under a minute has one. `bpm` is null where no tempo can be heard.
     */
    curve: z
      .array(
        z.object({
          startSec: z.number().nonnegative(),
          bpm: z.number().positive().nullable(),
          confidence: Confidence,
        }),
      )
      .default([]),
    /** Beat times, ascending, to the millisecond. Of more than 12,000 beats (a mix of some 90 minutes) see `beatStepsMs`. */
    beatsSec: z.array(z.number().nonnegative()),
    /**
     * In place of `beatsSec`, which is empty then: the time of the first beat and the distance of each other from the one before it,
     * in milliseconds. Three hours are about 100 kB this way, where times would be 250.
     */
    beatStepsMs: z.array(z.int().nonnegative()).optional(),
    alternatives: z.array(z.object({ bpm: z.number().positive(), relation: z.string() })),
    reason: z.string().optional(),
  }),
});
