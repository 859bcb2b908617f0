/** What can be searched for in a kind's facts, and what there is of it in those of one artifact: as its schema and the hints in it say. */
import { type FactsSchema, isSchema, propertiesOf, valueAt, variantsOf } from "./facts-schema.ts";
import type { Kind } from "./kind.ts";
import { type CorrectHint, type DisplayHint, hintsOf } from "./kind-hints.ts";

/** `number`: a range, and an order; `keyword`: one of a few words, and counts of each; `text`: words in it. */
export const indexedAs = ["number", "keyword", "text"] as const;
export type IndexedAs = (typeof indexedAs)[number];

/** A fact that its kind has indexed. */
export interface IndexedFact {
  /** `tempo.bpm`; of a kind that is one value, the kind's. */
  readonly name: string;
  readonly kind: string;
  /** Of properties, from the outside in. */
  readonly path: readonly string[];
  readonly index: IndexedAs;
  readonly display: DisplayHint;
  /** Of a list of objects: in which property of each the word is, and in which a number from 0 to 1 that says how much. */
  readonly item: { readonly value: string; readonly score: string | null } | null;
  /** An artifact may have several of it. */
  readonly isList: boolean;
  /** What the kind takes it for where it is absent. */
  readonly whenAbsent: unknown;
  /** Null: people do not correct it. */
  readonly correct: CorrectHint | null;
}

/** What an artifact has of a fact. */
export type IndexedValue = { readonly name: string } & (
  | { readonly number: number }
  | { readonly keywords: readonly Scored[] }
  | { readonly text: string }
);

export interface Scored {
  readonly value: string;
  /** Null: nobody says how much. */
  readonly score: number | null;
}

/** As deep as facts are looked into; a schema may refer to itself. */
const deepest = 6;
/** Of one artifact's fact. */
const mostKeywords = 100;
/** Words that tell tracks apart are shorter. */
const longestKeyword = 200;

/**
 * What can be searched for, in the order of the schema. Only what the schema names: what else there may be is as its author has not thought of, and in files that
 * strangers bring it would be names without end.
 */
export function indexedFactsOf({ name, schema }: Pick<Kind, "name" | "schema">): IndexedFact[] {
  return [...walk(schema, name, [], schema)];
}

/** What there is of them in an artifact's facts, which may be of an earlier version: what is not in the expected form is not there. */
export function indexedValuesOf(indexed: readonly IndexedFact[], facts: unknown): IndexedValue[] {
  return indexed.flatMap((fact) => findValue(fact, valueAt(facts, fact.path)) ?? []);
}

function* walk(
  root: FactsSchema,
  kind: string,
  path: readonly string[],
  part: FactsSchema,
): Generator<IndexedFact> {
  const variants = variantsOf(root, part);
  // What is compared as a whole has no parts that somebody looks for.
  if (variants.some((variant) => hintsOf(variant).index === "vector")) return;
  const properties = propertiesOf(variants);
  if (properties.length > 0) {
    if (path.length === deepest) return;
    for (const [name, property] of properties) yield* walk(root, kind, [...path, name], property);
    return;
  }
  const { index: hinted, display = {}, correct = null } = hintsOf(variants[0] ?? {});
  const isWarnings = display.as === "warnings";
  const list = variants.find(({ items }) => isSchema(items))?.items;
  const isOfObjects = isSchema(list) && propertiesOf(variantsOf(root, list)).length > 0;
  const index = hinted ?? (isWarnings ? "keyword" : isOfObjects ? "none" : byType(root, variants));
  const item = isOfObjects ? itemOf(root, list) : null;
  // Of objects it is words that are found; a list of numbers has no place on a scale.
  if (index === "none" || index === "vector" || (isOfObjects && (item === null || index === "number")))
    return;
  if (index === "number" && isSchema(list)) return;
  const whenAbsent = variants.find((variant) => variant.default !== undefined)?.default;
  const name = [kind, ...path].join(".");
  const indexed = index === "boolean" ? "keyword" : index;
  const isList = isSchema(list);
  yield { name, kind, path, index: indexed, display, item, isList, whenAbsent, correct };
}

/** Of what nobody has said anything, nothing is known. */
function byType(root: FactsSchema, variants: readonly FactsSchema[]): IndexedAs | "boolean" | "none" {
  const types = variants.flatMap(({ type }) => (Array.isArray(type) ? type : [type]));
  if (types.includes("number") || types.includes("integer")) return "number";
  if (types.includes("boolean")) return "boolean";
  if (variants.some((variant) => Array.isArray(variant.enum) || typeof variant.const === "string"))
    return "keyword";
  if (types.includes("string")) return "text";
  const items = variants.map((variant) => variant.items).find(isSchema);
  return items ? byType(root, variantsOf(root, items)) : "none";
}

/** What an object of a list is found by: what its kind says is a keyword, else what it shows of itself; and its score. */
function itemOf(root: FactsSchema, list: FactsSchema): IndexedFact["item"] {
  const properties = propertiesOf(variantsOf(root, list)).map(
    ([name, part]) => [name, variantsOf(root, part)] as const,
  );
  const find = (fits: (variants: readonly FactsSchema[]) => boolean) =>
    properties.find(([, variants]) => fits(variants))?.[0];
  const value =
    find(([first = {}]) => hintsOf(first).index === "keyword") ??
    find(([first = {}]) => hintsOf(first).display?.as === "summary");
  const score = find((variants) => variants.some(({ minimum, maximum }) => minimum === 0 && maximum === 1));
  return value === undefined ? null : { value, score: score ?? null };
}

function findValue({ name, index, item, whenAbsent }: IndexedFact, given: unknown): IndexedValue | undefined {
  const value = given === undefined ? whenAbsent : given;
  if (index === "number") {
    return typeof value === "number" && Number.isFinite(value) ? { name, number: value } : undefined;
  }
  const all = Array.isArray(value) ? value : [value];
  if (index === "text") {
    const text = all.filter((each) => typeof each === "string").join(" ");
    return text === "" ? undefined : { name, text };
  }
  const scored = all.flatMap((each) => (item ? scoredOf(item, each) : wordOf(each)));
  const keywords = highestOfEach(scored).slice(0, mostKeywords);
  return keywords.length > 0 ? { name, keywords } : undefined;
}

function scoredOf(item: NonNullable<IndexedFact["item"]>, each: unknown): Scored[] {
  const score = item.score === null ? undefined : valueAt(each, [item.score]);
  const known = typeof score === "number" && Number.isFinite(score) ? score : null;
  return wordOf(valueAt(each, [item.value])).map(({ value }) => ({ value, score: known }));
}

function wordOf(value: unknown): Scored[] {
  if (typeof value !== "string" && typeof value !== "boolean" && typeof value !== "number") return [];
  const text = String(value);
  return text === "" || text.length > longestKeyword ? [] : [{ value: text, score: null }];
}

function highestOfEach(all: readonly Scored[]): Scored[] {
  const highest = new Map<string, Scored>();
  for (const one of all) {
    const before = highest.get(one.value);
    if (!before || (one.score ?? 0) > (before.score ?? 0)) highest.set(one.value, one);
  }
  return [...highest.values()];
}
