import type { IndexedValue } from "@segue/contracts";

/** What was heard of a track, as far as players and DJ programs have a place for it. */
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

/** Out of what a track's kinds have indexed, by the last part of the names of facts: whatever kind has them. */
export function heardOf(values: readonly IndexedValue[], notation: KeyNotation): Heard {
  const find = (ending: string) => values.find(({ name }) => name.endsWith(`.${ending}`));
  const wordOf = (ending: string) => wordsIn(find(ending))[0] ?? null;
  const bpm = find("bpm");
  return {
    bpm: bpm && "number" in bpm ? bpm.number : null,
    key: notation === "musical" ? nameKey(wordOf("key"), wordOf("mode")) : wordOf(factOf[notation]),
    words: wordsIn(find("tags")),
  };
}

const factOf = { camelot: "camelot", open: "openKey" } as const;

function wordsIn(value: IndexedValue | undefined): string[] {
  return value && "keywords" in value ? value.keywords.map((keyword) => keyword.value) : [];
}

/** As ID3v2.4 has it (TKEY): a tonic with `#` or `b`, and `m` behind a minor one. */
function nameKey(tonic: string | null, mode: string | null): string | null {
  if (tonic === null || !/^[A-G][#b]?$/.test(tonic)) return null;
  return mode === "minor" ? `${tonic}m` : tonic;
}
