import { z } from "zod";
import { Sha256 } from "../ids.ts";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";

/** What the tagging model hears: tags above their thresholds, the surest first. */
export const Tags = defineKind({
  name: "tags",
  retention: "derivative",
  payload: null,
  facts: z
    .object({
      tags: z
        .array(
          z.object({
            tag: z
              .string()
              .describe("what is heard")
              .meta(hint({ index: "keyword", display: { as: "summary" } })),
            score: z.number().min(0).max(1).describe("how sure the model is"),
          }),
        )
        .describe("those above their thresholds, the surest first")
        .meta(hint({ index: "keyword", display: { as: "summary" } })),
      model: z
        .object({
          name: z.string().describe("of the model"),
          version: z.string().describe("of the model"),
          digest: Sha256.describe("SHA-256 of the model's file"),
        })
        .describe("the model that listened"),
      patches: z.int().nonnegative().describe("how many patches of the track were averaged"),
      reason: z
        .string()
        .optional()
        .describe("why there are no tags")
        .meta(hint({ display: { as: "reason" } })),
    })
    .meta(hint({ display: { order: 50 } })),
});
