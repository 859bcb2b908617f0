import { hintsOf, indexedAs } from "@segue/contracts";
import { z } from "zod";
import type { Client, Pool } from "../connect.ts";

/** A fact that can be searched for, and where search has it. */
export const SearchFact = z.object({
  id: z.int(),
  /** `tempo.bpm`. */
  name: z.string(),
  kind: z.string(),
  index: z.enum(indexedAs),
  /** Whether each of its words has a score. */
  scored: z.boolean(),
  display: z
    .record(z.string(), z.unknown())
    .transform((display) => hintsOf({ "x-display": display }).display ?? {}),
  /** Of a number that has an index; null of others. */
  ranked: z.int().nullable(),
  /** Of a number that has none; null of others. */
  slot: z.int().nullable(),
});
export type SearchFact = z.infer<typeof SearchFact>;

/** In the order of their kinds' schemas. */
export async function readSearchFacts(client: Pool | Client): Promise<SearchFact[]> {
  const { rows } = await client.query(
    "select id, name, kind, index, scored, display, ranked, slot from search_facts order by id",
  );
  return z.array(SearchFact).parse(rows);
}

/** How a number of a track is had, of the table `t`. */
export function numberSql({ ranked, slot }: Pick<SearchFact, "ranked" | "slot">): string {
  return ranked === null ? `t.numbers[${slot}]` : `t.ranked[${ranked}]`;
}

/**
 * A value as the database compares it with a fact's number. What has no index is `real` there, which takes no number beyond its own range, however near to nothing or large: such
 * a one becomes nothing, or without end, as it is to all that are compared with it.
 */
export function comparedWith({ ranked }: Pick<SearchFact, "ranked">, value: number): number {
  return ranked === null ? Math.fround(value) : value;
}
