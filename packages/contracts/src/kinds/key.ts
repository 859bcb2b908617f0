import { z } from "zod";
import { defineKind } from "../kind.ts";

/** Musical key; `key` is null, with a reason, where there is none. */
export const Key = defineKind({
  name: "key",
  retention: "derivative",
  payload: null,
  facts: z.object({
    key: z.string().nullable(),
    mode: z.enum(["major", "minor"]).nullable(),
    strength: z.number().min(0).max(1),
    confidence: z.number().min(0).max(1),
    /** As on the Camelot wheel: `8A`. */
    camelot: z.string().nullable(),
    /** As in the Open Key notation: `1m`. */
    openKey: z.string().nullable(),
    reason: z.string().optional(),
  }),
});
