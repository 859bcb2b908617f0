import { defineKind } from "@segue/contracts";
import { z } from "zod";

const text = { contentType: "text/plain", extension: "txt" } as const;
const Digest = z.object({ digest: z.string() });
/** Of which run it is: no two make the same of one grain. */
const Run = z.object({ run: z.string() });
const Length = z.object({ pieces: z.int().nonnegative() });

export const Grain = defineKind({ name: "grain", retention: "intermediate", payload: text, facts: Length });
export const Colour = defineKind({ name: "colour", retention: "derivative", payload: null, facts: Digest });
export const Weight = defineKind({ name: "weight", retention: "derivative", payload: null, facts: Digest });
export const Label = defineKind({ name: "label", retention: "derivative", payload: null, facts: Digest });
export const Trail = defineKind({ name: "trail", retention: "derivative", payload: text, facts: Length });
export const Mosaic = defineKind({ name: "mosaic", retention: "derivative", payload: text, facts: Length });
export const Husk = defineKind({ name: "husk", retention: "derivative", payload: text, facts: Run });
export const Dust = defineKind({ name: "dust", retention: "intermediate", payload: text, facts: Run });
export const Polish = defineKind({ name: "polish", retention: "derivative", payload: null, facts: Digest });
