/** What an export tells of each track. Columns of facts are what kinds have indexed: nothing here knows a list of kinds. */
import { indexedOf, ownTitles, type StoredTrack } from "@segue/catalog-db";
import {
  type IndexedFact,
  type IndexedValue,
  indexedFactsOf,
  isMetadataName,
  type Kind,
} from "@segue/contracts";
import { ProblemError } from "../problem-error.ts";
import { nameFact, type Searched } from "../search/name-fact.ts";

/** What a column's values are, beside null. `json`: texts by name. */
export type ColumnType = "text" | "number" | "time" | "texts" | "numbers" | "json";

export interface ExportColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Null where the track has none. */
  of(track: ExportedTrack): ExportValue;
}

export type ExportValue =
  | string
  | number
  | readonly string[]
  | readonly (number | null)[]
  | Readonly<Record<string, string>>
  | null;

/** A track, and what its kinds have indexed of it. */
export interface ExportedTrack {
  readonly track: StoredTrack;
  /** As it was given, else the file's own. */
  readonly title: string | null;
  readonly values: ReadonlyMap<string, IndexedValue>;
}

type Kinds = readonly Pick<Kind, "name" | "schema">[];

/** How a track becomes one that is exported. */
export function exportedAs(kinds: Kinds): (track: StoredTrack) => ExportedTrack {
  const facts = new Map(kinds.map((kind) => [kind.name, indexedFactsOf(kind)]));
  return (track) => {
    const indexed = indexedOf(track, (kind) => facts.get(kind) ?? []);
    const title = track.title ?? ownTitles(indexed)[0] ?? null;
    return { track, title, values: new Map(indexed.map(({ value }) => [value.name, value])) };
  };
}

/** What every track has. */
const ownColumns: readonly ExportColumn[] = [
  { name: "id", type: "text", of: ({ track }) => track.id },
  { name: "state", type: "text", of: ({ track }) => track.state },
  { name: "title", type: "text", of: ({ title }) => title },
  { name: "fileName", type: "text", of: ({ track }) => track.fileName },
  { name: "acceptedAt", type: "time", of: ({ track }) => track.acceptedAt },
  { name: "finishedAt", type: "time", of: ({ track }) => track.finishedAt },
  { name: "errors", type: "texts", of: ({ track }) => errorsOf(track) },
  { name: "metadata", type: "json", of: ({ track }) => track.metadata },
];

/** Behind the name of a fact whose words have scores: these, in the order of its words. */
const scoreEnding = ".score";

/**
 * The columns of an export, in their order.
 *
 * @param names as a client gives them; undefined: all of them.
 * @throws {ProblemError} `invalid-request`, naming what is wrong.
 */
export function exportColumns(kinds: Kinds, searched: Searched, names: string | undefined): ExportColumn[] {
  const all = [...ownColumns, ...kinds.flatMap(indexedFactsOf).flatMap(columnsOf)];
  if (names === undefined) return all;
  const byName = new Map(all.map((column) => [column.name, column]));
  const wanted = names.split(",").map((name) => columnOf(name.trim(), byName, searched));
  const twice = wanted.find(({ name }, n) => wanted.findIndex((other) => other.name === name) < n);
  if (twice)
    throw new ProblemError("invalid-request", `columns: expected each of them once, got ${twice.name} twice`);
  return wanted;
}

function columnOf(
  given: string,
  byName: ReadonlyMap<string, ExportColumn>,
  searched: Searched,
): ExportColumn {
  const known = byName.get(given);
  if (known) return known;
  const [, said] = /^metadata\.(.*)$/i.exec(given) ?? [];
  if (said !== undefined) return metadataColumn(said);
  const isScore = given.endsWith(scoreEnding);
  const fact = nameFact(searched, isScore ? given.slice(0, -scoreEnding.length) : given, "columns");
  const column = byName.get(isScore ? `${fact.name}${scoreEnding}` : fact.name);
  if (column) return column;
  const what = isScore ? "a fact whose words have scores" : "a fact that the fleet still makes";
  throw new ProblemError("invalid-request", `columns: expected ${what}, got "${given.slice(0, 80)}"`);
}

function metadataColumn(name: string): ExportColumn {
  if (!isMetadataName(name))
    throw new ProblemError(
      "invalid-request",
      `columns: expected metadata.NAME with a name that metadata can have, got "${name.slice(0, 80)}"`,
    );
  const said = ({ metadata }: StoredTrack) =>
    metadata && Object.hasOwn(metadata, name) ? (metadata[name] ?? null) : null;
  return { name: `metadata.${name}`, type: "text", of: ({ track }) => said(track) };
}

function columnsOf(fact: IndexedFact): ExportColumn[] {
  const { name, index, isList, item } = fact;
  const found = ({ values }: ExportedTrack) => values.get(name);
  if (index === "number") return [{ name, type: "number", of: (track) => numberOf(found(track)) }];
  if (index === "text") return [{ name, type: "text", of: (track) => textOf(found(track)) }];
  if (!isList) return [{ name, type: "text", of: (track) => wordsOf(found(track))?.[0]?.value ?? null }];
  const words: ExportColumn = {
    ...{ name, type: "texts" },
    of: (track) => wordsOf(found(track))?.map(({ value }) => value) ?? null,
  };
  if (item?.score == null) return [words];
  const scores: ExportColumn = {
    ...{ name: `${name}${scoreEnding}`, type: "numbers" },
    of: (track) => wordsOf(found(track))?.map(({ score }) => score) ?? null,
  };
  return [words, scores];
}

function numberOf(value: IndexedValue | undefined): number | null {
  return value && "number" in value ? value.number : null;
}

function textOf(value: IndexedValue | undefined): string | null {
  return value && "text" in value ? value.text : null;
}

function wordsOf(value: IndexedValue | undefined) {
  return value && "keywords" in value ? value.keywords : undefined;
}

function errorsOf({ outcomes }: StoredTrack): string[] | null {
  const errors = outcomes.flatMap(({ step, error }) => (error ? [`${step}: ${error.code}`] : []));
  return errors.length > 0 ? errors : null;
}
