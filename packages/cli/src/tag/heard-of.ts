import {
  type IndexedValue,
  indexedAsSaid,
  indexedFactsOf,
  type Kind,
  type TrackResource,
} from "@segue/contracts";

/** What a fleet has heard of a track, as far as files have tags for it. */
export interface Heard {
  /** In beats per minute. */
  readonly bpm: number | null;
  /** In the notation that was asked for. */
  readonly key: string | null;
  /** The surest first. */
  readonly words: readonly string[];
}

/** How a key is written: `Am` as ID3 has it, `8A` as on the Camelot wheel, `1m` as Open Key has it. */
export const keyNotations = ["musical", "camelot", "open"] as const;
export type KeyNotation = (typeof keyNotations)[number];

/** Out of a track's results, or what a person has said instead, by the names of facts: whatever kind has them. */
export function heardOf(
  { results, corrections }: Pick<TrackResource, "results" | "corrections">,
  kinds: readonly Pick<Kind, "name" | "schema">[],
  notation: KeyNotation,
): Heard {
  const facts = new Map(kinds.map((kind) => [kind.name, indexedFactsOf(kind)]));
  const byKind = <T extends object>(all: Readonly<Record<string, T>>) =>
    kinds.flatMap(({ name: kind }) => {
      const of = all[kind];
      return of === undefined ? [] : [{ ...of, kind }];
    });
  const values = indexedAsSaid(byKind(results), byKind(corrections), (kind) => facts.get(kind) ?? []).map(
    ({ value }) => value,
  );
  const wordOf = (name: string) => wordsIn(find(values, name))[0] ?? null;
  const bpm = find(values, "bpm");
  return {
    bpm: bpm && "number" in bpm ? bpm.number : null,
    key: notation === "musical" ? nameKey(wordOf("key"), wordOf("mode")) : wordOf(factOf[notation]),
    words: wordsIn(find(values, "tags")),
  };
}

const factOf = { camelot: "camelot", open: "openKey" } as const;

function find(values: readonly IndexedValue[], ending: string): IndexedValue | undefined {
  return values.find(({ name }) => name.endsWith(`.${ending}`));
}

function wordsIn(value: IndexedValue | undefined): string[] {
  return value && "keywords" in value ? value.keywords.map((keyword) => keyword.value) : [];
}

/** As ID3v2.4 has it (TKEY): a tonic with `#` or `b`, and `m` behind a minor one. */
function nameKey(tonic: string | null, mode: string | null): string | null {
  if (tonic === null || !/^[A-G][#b]?$/.test(tonic)) return null;
  return mode === "minor" ? `${tonic}m` : tonic;
}
