import { z } from "zod";
import { Sha256 } from "../ids.ts";
import { defineKind } from "../kind.ts";

/** What the tagging model hears: tags above their thresholds, the surest first. */
export const Tags = defineKind({
  name: "tags",
  retention: "derivative",
  payload: null,
  facts: z.object({
    tags: z.array(z.object({ tag: z.string(), score: z.number().min(0).max(1) })),
    model: z.object({ name: z.string(), version: z.string(), digest: Sha256 }),
    /** How many patches of the track were averaged. */
    patches: z.int().nonnegative(),
    reason: z.string().optional(),
  }),
});
