import { z } from "zod";
import { Sha256 } from "../ids.ts";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";

/** Numbers in an embedding. */
const embeddingSize = 128;

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
        .meta(hint({ index: "keyword", display: { as: "summary" }, correct: {} })),
      model: z
        .object({
          name: z.string().describe("of the model"),
          version: z.string().describe("of the model"),
          digest: Sha256.describe("SHA-256 of the model's file"),
        })
        .describe("the model that listened"),
      overTime: z
        .object({
          startSec: z
            .array(z.number().nonnegative())
            .describe("when each span begins, ascending; it lasts until the next one, the last to the end")
            .meta(hint({ index: "none" })),
          scores: z
            .array(
              z.object({
                tag: z.string().describe("one of `tags`"),
                scores: z.array(z.number().min(0).max(1)).describe("of each span; 0 where it is silent"),
              }),
            )
            .describe("those of `tags`, in their order")
            .meta(hint({ index: "none" })),
        })
        .optional()
        .describe(
          "how sure the model is over time, in spans of some 24 s (farther apart in tracks over 12 minutes); not told by versions before 3",
        ),
      embedding: z
        .object({
          model: z.string().describe("which model's it is: only those of the same one compare"),
          vector: z
            .array(z.number().min(-1).max(1))
            .length(embeddingSize)
            .describe("of unit length: the sum of products of two is 1 where they sound the same"),
        })
        .optional()
        .describe(
          "where the track lies among others by its sound; none where nothing was heard, and from versions before 3",
        )
        .meta(hint({ index: "vector" })),
      patches: z.int().nonnegative().describe("how many patches of the track were averaged"),
      reason: z
        .string()
        .optional()
        .describe("why there are no tags")
        .meta(hint({ display: { as: "reason" } })),
    })
    .meta(hint({ display: { order: 50 } })),
});
