/** By what tracks can be compared: facts that their kinds give as vectors, `{ model, vector }`, and hint so (`index: "vector"`). */
import { z } from "zod";
import { type FactsSchema, isSchema, propertiesOf, valueAt, variantsOf } from "./facts-schema.ts";
import type { Kind } from "./kind.ts";
import { hintsOf } from "./kind-hints.ts";

/** A fact that is a vector. */
export interface VectorFact {
  /** `tags.embedding`. */
  readonly name: string;
  readonly kind: string;
  /** Of properties, from the outside in. */
  readonly path: readonly string[];
}

/** As long as vectors that are compared may be. */
export const vectorDimensions = { least: 2, most: 1_024 } as const;
/** As deep as facts are looked into; a schema may refer to itself. */
const deepest = 6;

const Vector = z.object({
  /** Vectors of another one are of another space: they are never compared with these. */
  model: z.string().min(1).max(200),
  vector: z.array(z.number()).min(vectorDimensions.least).max(vectorDimensions.most),
});
/** A vector of any length but 0: only its direction counts. */
export type GivenVector = z.infer<typeof Vector>;

/** In the order of the schema. */
export function vectorFactsOf({ name, schema }: Pick<Kind, "name" | "schema">): VectorFact[] {
  return [...walk(schema, name, [], schema)];
}

/** What an artifact has of it; undefined: none, or nothing that can be compared. */
export function vectorOf({ path }: VectorFact, facts: unknown): GivenVector | undefined {
  const { data } = Vector.safeParse(valueAt(facts, path));
  const largest = Math.max(...(data?.vector.map(Math.abs) ?? [0]));
  return largest > 0 && Number.isFinite(largest) ? data : undefined;
}

function* walk(
  root: FactsSchema,
  kind: string,
  path: readonly string[],
  part: FactsSchema,
): Generator<VectorFact> {
  const variants = variantsOf(root, part);
  if (variants.some((variant) => hintsOf(variant).index === "vector")) {
    yield { name: [kind, ...path].join("."), kind, path };
    return;
  }
  if (path.length === deepest) return;
  for (const [name, property] of propertiesOf(variants))
    if (isSchema(property)) yield* walk(root, kind, [...path, name], property);
}
