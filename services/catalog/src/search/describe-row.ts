import { createHash } from "node:crypto";
import { indexedOf, metadataLexeme, ownTitles, type StoredTrack } from "@segue/catalog-db";
import {
  type GivenVector,
  type IndexedFact,
  type IndexedValue,
  splitWords,
  type VectorFact,
  vectorOf,
} from "@segue/contracts";
import type { SearchedKind } from "./keep-facts.ts";

/** A track as it is searched for, before its facts have their places. */
export interface SearchRow {
  readonly id: string;
  readonly owner: string;
  readonly state: string;
  readonly acceptedAt: string;
  readonly title: string | null;
  readonly fileName: string | null;
  readonly dice: number;
  readonly words: readonly string[];
  /** What its client has said of it, as a whole (`metadataLexeme`). */
  readonly said: readonly string[];
  readonly values: readonly IndexedValue[];
  /** Kinds whose facts are not known here, or not by their latest schema. */
  readonly lacks: readonly string[];
  /** By what it is compared with others. */
  readonly vectors: readonly RowVector[];
  /** What is told of it where it was found, by the facts' names. */
  readonly shown: Readonly<Record<string, unknown>>;
}

/** A vector, and the fact that it is. */
export interface RowVector extends GivenVector {
  readonly fact: VectorFact;
}

/** Of title and file name together. */
const mostNameWords = 64;
/** Of all that a client has said of a track for itself. */
const mostSaidWords = 128;

/** What is known of kinds here. */
export interface KnownKinds {
  readonly byName: ReadonlyMap<string, SearchedKind>;
  /** Those of which nobody has a later schema. */
  readonly latest: ReadonlySet<string>;
}

/** What holds for a track, as it is searched for. */
export function describeRow(track: StoredTrack, { byName: kinds, latest }: KnownKinds): SearchRow {
  const { id, owner, state, acceptedAt, title, fileName } = track;
  const metadata = Object.entries(track.metadata ?? {});
  const found = indexedOf(track, (kind) => kinds.get(kind)?.facts ?? []);
  const titles = ownTitles(found);
  const names = [title, fileName, ...titles].filter((name) => name !== null);
  return {
    ...{ id, owner, state, acceptedAt, fileName },
    // A file's own title, where nobody has given another.
    title: title ?? titles[0] ?? null,
    dice: diceOf(id),
    words: [
      ...splitWords(names.join(" "), mostNameWords),
      ...splitWords(metadata.map(([, text]) => text).join(" "), mostSaidWords),
    ],
    said: metadata.map(([name, text]) => metadataLexeme(name, text)),
    values: found.map(({ value }) => value),
    lacks: lackedBy(track, latest),
    vectors: vectorsOf(track, kinds),
    shown: Object.fromEntries(found.flatMap(({ fact, value }) => showFact(fact, value))),
  };
}

function lackedBy({ outcomes }: StoredTrack, latest: ReadonlySet<string>): string[] {
  const made = new Set(outcomes.flatMap(({ results }) => results.map(({ kind }) => kind)));
  return [...made].filter((kind) => !latest.has(kind)).toSorted();
}

function vectorsOf({ outcomes }: StoredTrack, kinds: ReadonlyMap<string, SearchedKind>): RowVector[] {
  return outcomes
    .flatMap(({ results }) => results)
    .flatMap(({ kind, facts }) =>
      (kinds.get(kind)?.vectors ?? []).flatMap((fact) => {
        const vector = vectorOf(fact, facts);
        return vector ? [{ fact, ...vector }] : [];
      }),
    );
}

function showFact({ name, display }: IndexedFact, value: IndexedValue): [string, unknown][] {
  if (display.as !== "summary") return [];
  if ("number" in value) return [[name, value.number]];
  if ("text" in value) return [[name, value.text]];
  const words = value.keywords.map((keyword) => keyword.value);
  return [[name, value.keywords.some(({ score }) => score !== null) || words.length > 1 ? words : words[0]]];
}

/** The same for a track whenever it is thrown; nothing of when it came, or of what it is. */
function diceOf(id: string): number {
  return createHash("sha256").update(id).digest().readUInt32BE(0) >>> 1;
}
