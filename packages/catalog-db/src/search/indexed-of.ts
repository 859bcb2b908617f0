import { type IndexedFact, type IndexedOfTrack, indexedAsSaid } from "@segue/contracts";
import type { StoredTrack } from "../stored-track.ts";

/** What holds for a track, of all that its kinds have indexed. @param factsOf a kind has indexed. */
export function indexedOf(
  { outcomes, corrections }: Pick<StoredTrack, "outcomes" | "corrections">,
  factsOf: (kind: string) => readonly IndexedFact[],
): IndexedOfTrack[] {
  const made = outcomes.flatMap(({ results }) => results);
  return indexedAsSaid(made, corrections, factsOf);
}

/** What its files call it: those that have a title of their own. */
export function ownTitles(indexed: readonly IndexedOfTrack[]): string[] {
  return indexed.flatMap(({ fact, value }) =>
    fact.display.as === "title" && "text" in value ? [value.text] : [],
  );
}
