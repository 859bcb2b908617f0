import { defineKind } from "@segue/contracts";
import { z } from "zod";

const text = { contentType: "text/plain", extension: "txt" } as const;
const Digest = z.object({ digest: z.string() });
const Length = z.object({ pieces: z.int().nonnegative() });

export const Grain = defineKind({ name: "grain", retention: "intermediate", payload: text, facts: Length });
export const Colour = defineKind({ name: "colour", retention: "derivative", payload: null, facts: Digest });
export const Weight = defineKind({ name: "weight", retention: "derivative", payload: null, facts: Digest });
export const Label = defineKind({ name: "label", retention: "derivative", payload: null, facts: Digest });
export const Trail = defineKind({ name: "trail", retention: "derivative", payload: text, facts: Length });
export const Mosaic = defineKind({ name: "mosaic", retention: "derivative", payload: text, facts: Length });
