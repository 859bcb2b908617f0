import type { SearchOrder } from "@segue/catalog-db";
import { nameFact, type Searched } from "./name-fact.ts";

/** The order that a search's `sort` asks for. @throws {ProblemError} `invalid-request`. */
export function orderOf(sort: string, searched: Searched): SearchOrder {
  const descending = sort.startsWith("-");
  const name = descending ? sort.slice(1) : sort;
  return { by: name === "accepted" ? null : nameFact(searched, name, "sort", "number"), descending };
}
