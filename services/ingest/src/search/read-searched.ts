import type { ApiContext } from "../api-context.ts";
import { labelsOf, type Searched } from "./name-fact.ts";

/** What can be searched for now, and what it is called. */
export async function readSearched({ search, chain }: ApiContext): Promise<Searched> {
  return { facts: await search.facts(), labels: labelsOf(chain.kinds) };
}
