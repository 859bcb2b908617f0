import { z } from "zod";

/** A JSON Schema (2020-12) of a kind's facts, or a part of one. Hints are in it (see `hint`). */
export interface FactsSchema {
  readonly [keyword: string]: unknown;
}

/** As zod knows it. What may come beside the properties is left open: the next version of a step may say more. */
export function factsSchemaOf(facts: z.ZodType): FactsSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(facts, {
    io: "output",
    unrepresentable: "any",
    override({ jsonSchema }) {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return schema;
}

/** By the text of the schema. Each step's workers and each look at the fleet meet the same few, and to read one takes its time. */
const read = new Map<string, z.ZodType | undefined>();

/** A zod schema that takes what a JSON Schema takes; undefined for one that can't be read. */
export function readFactsSchema(schema: FactsSchema): z.ZodType | undefined {
  const text = JSON.stringify(schema);
  if (!read.has(text)) read.set(text, readAnew(schema));
  return read.get(text);
}

function readAnew(schema: FactsSchema): z.ZodType | undefined {
  try {
    // Not into the global registry: names in there are of this process's own code.
    return z.fromJSONSchema(schema, { registry: z.registry() });
  } catch {
    return undefined;
  }
}

export function isSchema(value: unknown): value is FactsSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a reference within a schema leads to; the part itself where it is none, or leads nowhere. */
export function resolve(root: FactsSchema, part: FactsSchema): FactsSchema {
  const { $ref, ...beside } = part;
  if (typeof $ref !== "string" || !$ref.startsWith("#")) return part;
  const steps = $ref
    .slice(1)
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const found = steps.reduce<unknown>((at, step) => (isSchema(at) ? at[step] : undefined), root);
  return isSchema(found) ? { ...found, ...beside } : part;
}

/** A part, and what it says that a value may be, or is as well: `null` beside a number. */
export function variantsOf(root: FactsSchema, part: FactsSchema): FactsSchema[] {
  const self = resolve(root, part);
  const others = [self.anyOf, self.oneOf, self.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return [self, ...others.filter(isSchema).map((other) => resolve(root, other))];
}

export function propertiesOf(variants: readonly FactsSchema[]): [string, FactsSchema][] {
  return variants.flatMap(({ properties }) =>
    isSchema(properties)
      ? Object.entries(properties).filter((entry): entry is [string, FactsSchema] => isSchema(entry[1]))
      : [],
  );
}

/** What is in facts behind some properties, from the outside in; undefined: nothing. */
export function valueAt(facts: unknown, path: readonly string[]): unknown {
  let found = facts;
  for (const name of path) {
    if (!isSchema(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}
