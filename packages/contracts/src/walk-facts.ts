import { type FactsSchema, isSchema, variantsOf } from "./facts-schema.ts";
import { type DisplayHint, hintsOf, type Index } from "./kind-hints.ts";

/** One value, or one list, among facts, with what their kind says of it. */
export interface Fact {
  /** `bpm`, `bands.low`; empty where the facts are one value. */
  readonly path: string;
  readonly value: unknown;
  readonly index: Index;
  readonly display: DisplayHint;
  /** Whether its kind says anything of it: `index` and `display` are more than what its type tells. */
  readonly isHinted: boolean;
  /** It is what its kind takes it for where it is absent. */
  readonly isDefault: boolean;
  /** Of a list of objects that has hints: the facts of each. */
  readonly items: readonly (readonly Fact[])[] | null;
}

/**
 * The facts of an artifact one by one, in the order of their kind's schema; what that does not know, and all of it where there is
 * none, follows by its own names. Nothing is taken for granted: facts may be of an earlier version.
 */
export function walkFacts(facts: unknown, schema: FactsSchema = {}): Fact[] {
  return [...walk(schema, "", schema, facts)];
}

function* walk(root: FactsSchema, path: string, part: FactsSchema, value: unknown): Generator<Fact> {
  const variants = variantsOf(root, part);
  // Hundreds of numbers, which say nothing to who reads them.
  if (variants.some((variant) => hintsOf(variant).index === "vector")) return;
  if (isSchema(value)) {
    for (const name of namesOf(variants, value)) {
      const inner = path === "" ? name : `${path}.${name}`;
      yield* walk(root, inner, propertyOf(variants, name), value[name]);
    }
    return;
  }
  const { index, display = {} } = hintsOf(variants[0] ?? {});
  const isHinted = index !== undefined || Object.keys(display).length > 0;
  yield {
    path,
    value,
    index: index ?? (display.as === "warnings" ? "keyword" : indexOf(root, variants, value)),
    display,
    isHinted,
    isDefault: variants.some((variant) => variant.default === value),
    items: isHinted && Array.isArray(value) ? itemsOf(root, variants, value) : null,
  };
}

/** In the order of the schema, then those that it does not name. */
function namesOf(variants: readonly FactsSchema[], value: object): string[] {
  const known = variants.flatMap(({ properties }) => (isSchema(properties) ? Object.keys(properties) : []));
  const present = new Set(known.filter((name) => Object.hasOwn(value, name)));
  return [...present, ...Object.keys(value).filter((name) => !present.has(name))];
}

function propertyOf(variants: readonly FactsSchema[], name: string): FactsSchema {
  for (const { properties } of variants) {
    if (!isSchema(properties) || !Object.hasOwn(properties, name)) continue;
    const found = properties[name];
    if (isSchema(found)) return found;
  }
  return variants.map(({ additionalProperties }) => additionalProperties).find(isSchema) ?? {};
}

function itemsOf(root: FactsSchema, variants: readonly FactsSchema[], values: readonly unknown[]) {
  if (values.length === 0 || !values.every(isSchema)) return null;
  const items = itemSchemaOf(variants);
  return values.map((value) => [...walk(root, "", items, value)]);
}

function itemSchemaOf(variants: readonly FactsSchema[]): FactsSchema {
  return variants.map(({ items }) => items).find(isSchema) ?? {};
}

/** By the type that the schema names, else by the value's own. */
function indexOf(root: FactsSchema, variants: readonly FactsSchema[], value: unknown): Index {
  if (Array.isArray(value)) {
    const items = variantsOf(root, itemSchemaOf(variants));
    // One that is empty is what others of its kind are: a column is there for all tracks or for none.
    const ofObjects = value.some((item) => typeof item === "object" && item !== null);
    if (ofObjects || (value.length === 0 && items.some(({ type }) => type === "object"))) return "none";
    return indexOf(root, items, value[0]);
  }
  const types = variants.flatMap(({ type }) => (Array.isArray(type) ? type : [type]));
  if (types.includes("number") || types.includes("integer")) return "number";
  if (types.includes("boolean")) return "boolean";
  if (variants.some((variant) => Array.isArray(variant.enum) || typeof variant.const === "string"))
    return "keyword";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "text";
}
