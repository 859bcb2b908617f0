import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";

const Mode = z.enum(["major", "minor"]);
const Confidence = z.number().min(0).max(1).describe("how sure it is");
const Camelot = z.string().describe("as on the Camelot wheel: `8A`");
const KeyName = z.string().nullable().describe("the tonic, such as `F#`; null where there is none");

/**
 * Musical key; `key` is null, with a reason, where there is none. Of a track of 15 minutes and more it is the key that most of the
 * time is in.
 */
export const Key = defineKind({
  name: "key",
  retention: "derivative",
  payload: null,
  facts: z
    .object({
      key: KeyName.meta(hint({ index: "keyword", display: { as: "summary" }, correct: { spells: "tonic" } })),
      mode: Mode.nullable()
        .describe("null where there is no key")
        .meta(hint({ display: { as: "summary" }, correct: { spells: "mode" } })),
      strength: z.number().min(0).max(1).describe("how well the key's profile fits"),
      confidence: Confidence.meta(hint({ display: { as: "aside", format: "fraction" } })),
      camelot: Camelot.nullable().meta(
        hint({ index: "keyword", display: { as: "summary" }, correct: { spells: "camelot" } }),
      ),
      openKey: z
        .string()
        .nullable()
        .describe("as in the Open Key notation: `1m`")
        .meta(hint({ index: "keyword", correct: { spells: "open-key" } })),
      curve: z
        .array(
          z.object({
            startSec: z.number().nonnegative().describe("where it begins to hold"),
            key: KeyName,
            mode: Mode.nullable().describe("null where there is no key"),
            camelot: Camelot.nullable(),
            confidence: Confidence,
          }),
        )
        .default([])
        .describe(
          "the key over time: each point holds until the next one begins, the last to the end; points are 30 s apart, and each is " +
            "measured on the minute around its stretch",
        ),
      reason: z
        .string()
        .optional()
        .describe("why there is no key")
        .meta(hint({ display: { as: "reason" } })),
    })
    .meta(hint({ display: { order: 30 } })),
});
