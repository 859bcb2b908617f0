import { z } from "zod";
import { type FactsSchema, readFactsSchema } from "./facts-schema.ts";
import { Name } from "./ids.ts";
import type { Kind } from "./kind.ts";

/** A kind as the rest of the fleet, and whoever asks the API, gets to know it: all of it but code. */
export const KindDescription = z.object({
  name: Name,
  /** Of one that is not known, nothing is thrown away. */
  retention: z
    .enum(["intermediate", "derivative"])
    .catch("derivative")
    .describe("intermediate: may be dropped at any time and rebuilt; derivative: kept"),
  payload: z
    .object({
      contentType: z.string().describe("media type of the file"),
      extension: z.string().describe("of the file's name, without a dot"),
    })
    .nullable()
    .describe("null for a kind that is facts only"),
  /** What a release from before said nothing of. */
  facts: z
    .record(z.string(), z.unknown())
    .catch({})
    .default({})
    .describe(
      "JSON Schema (2020-12) of the facts; `x-index` and `x-display` say how each is indexed and shown; empty: anything",
    ),
  defaultTarget: z
    .boolean()
    .catch(true)
    .default(true)
    .describe("whether it is made where no targets are named; false: only by name"),
  renderings: z
    .record(
      Name,
      z.object({
        by: Name.describe(
          "what makes it; a server of an older release may not know it, and then has no such rendering",
        ),
        replaces: Name.optional().describe(
          "the kind, made by a step of its name, that was kept in its place before",
        ),
      }),
    )
    .catch({})
    .default({})
    .describe("what is made of the file when it is read, and not kept, by the name that it is asked for by"),
});
export type KindDescription = z.infer<typeof KindDescription>;

export function describeKind(kind: Kind): KindDescription {
  const { name, retention, payload, schema, defaultTarget, renderings } = kind;
  return { name, retention, payload, facts: schema, defaultTarget, renderings };
}

/** The kind that a description is of. Of facts in a schema that can't be read, anything is taken. */
export function kindOf({ facts: schema, ...kind }: KindDescription): Kind {
  const facts = readFactsSchema(schema);
  const read: { facts: z.ZodType; schema: FactsSchema } = facts
    ? { facts, schema }
    : { facts: z.unknown(), schema: {} };
  return Object.freeze({ ...kind, ...read });
}
