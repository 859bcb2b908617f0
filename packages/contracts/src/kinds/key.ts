import { z } from "zod";
import { defineKind } from "../kind.ts";

const Mode = z.enum(["major", "minor"]);
const Confidence = z.number().min(0).max(1);
/** As on the Camelot wheel: `8A`. */
const Camelot = z.string();

/**
 * Musical key; `key` is null, with a reason, where there is none. Of a track of 15 minutes and more it is the key that most of the
 * time is in.
 */
export const Key = defineKind({
  name: "key",
  retention: "derivative",
  payload: null,
  facts: z.object({
    key: z.string().nullable(),
    mode: Mode.nullable(),
    strength: z.number().min(0).max(1),
    confidence: Confidence,
    camelot: Camelot.nullable(),
    /** As in the Open Key notation: `1m`. */
    openKey: z.string().nullable(),
    /**
     * The key over time: each point holds until the next one begins, the last to the end. Points are 30 s apart, and each is
     * measured on the minute around its stretch. `key` is null where there is none.
     */
    curve: z
      .array(
        z.object({
          startSec: z.number().nonnegative(),
          key: z.string().nullable(),
          mode: Mode.nullable(),
          camelot: Camelot.nullable(),
          confidence: Confidence,
        }),
      )
      .default([]),
    reason: z.string().optional(),
  }),
});
