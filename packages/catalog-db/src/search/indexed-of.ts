import { type IndexedFact, type IndexedValue, indexedValuesOf } from "@segue/contracts";
import type { StoredTrack } from "../stored-track.ts";

/** A fact of a track that its kind has indexed, and what the track has of it. */
export interface IndexedOfTrack {
  readonly fact: IndexedFact;
  readonly value: IndexedValue;
}

/** What holds for a track, of all that its kinds have indexed. @param factsOf a kind has indexed. */
export function indexedOf(
  { outcomes }: Pick<StoredTrack, "outcomes">,
  factsOf: (kind: string) => readonly IndexedFact[],
): IndexedOfTrack[] {
  return outcomes
    .flatMap(({ results }) => results)
    .flatMap((result) => {
      const indexed = factsOf(result.kind);
      const values = new Map(indexedValuesOf(indexed, result.facts).map((value) => [value.name, value]));
      return indexed.flatMap((fact) => {
        const value = values.get(fact.name);
        return value ? [{ fact, value }] : [];
      });
    });
}

/** What its files call it: those that have a title of their own. */
export function ownTitles(indexed: readonly IndexedOfTrack[]): string[] {
  return indexed.flatMap(({ fact, value }) =>
    fact.display.as === "title" && "text" in value ? [value.text] : [],
  );
}
