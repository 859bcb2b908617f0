/** What people may correct of a kind: the facts that its schema has indexed and says so of (`hint`, `correct`). No list of kinds is anywhere. */
import type { z } from "zod";
import { type FactsSchema, isSchema, propertiesOf, readFactsSchema, variantsOf } from "../facts-schema.ts";
import { type IndexedFact, indexedFactsOf } from "../indexed-facts.ts";
import type { Kind } from "../kind.ts";
import type { CorrectHint } from "../kind-hints.ts";

/** A fact that people may correct. */
export interface CorrectableFact extends Omit<IndexedFact, "correct"> {
  /** As a correction of its kind names it: `bpm`, `bands.low`; empty where the facts are one value, which none can be corrected of. */
  readonly key: string;
  readonly correct: CorrectHint;
}

/** In the order of the schema. */
export function correctableFactsOf(kind: Pick<Kind, "name" | "schema">): CorrectableFact[] {
  return indexedFactsOf(kind).flatMap((fact) =>
    fact.correct === null || fact.path.length === 0
      ? []
      : [{ ...fact, key: fact.path.join("."), correct: fact.correct }],
  );
}

/** What the kind's own schema takes for a fact; undefined: that can't be read here. */
export function factSchemaOf(
  { schema }: Pick<Kind, "schema">,
  { path }: CorrectableFact,
): z.ZodType | undefined {
  const part = partAt(schema, path);
  return part && readFactsSchema(part);
}

/** A part of a schema, to be read alone: what it refers to comes with it. */
function partAt(root: FactsSchema, path: readonly string[]): FactsSchema | undefined {
  let part: FactsSchema | undefined = root;
  for (const name of path)
    part = part && propertiesOf(variantsOf(root, part)).find(([property]) => property === name)?.[1];
  const { $defs, definitions } = root;
  return (
    part && {
      ...part,
      ...(isSchema($defs) ? { $defs } : {}),
      ...(isSchema(definitions) ? { definitions } : {}),
    }
  );
}
