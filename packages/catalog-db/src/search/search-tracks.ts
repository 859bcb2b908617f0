import { z } from "zod";
import type { Client, Pool } from "../connect.ts";
import { inTransaction } from "../transaction.ts";
import { conditionsSql, createValues, readKeywordNumbers, type SearchCondition } from "./conditions.ts";
import { FoundRow, foundColumns } from "./found-track.ts";
import { comparedWith, numberSql, type SearchFact } from "./search-facts.ts";

/** What is slower is refused: the server gives it up as well as whoever asks. */
export const searchLimits = { statementMs: 4_500 };
/**
 * Compiling takes longer than what is compiled, and one search has one processor: others want theirs. Rows lie at random for all orders but one, and nearly all of what is looked at is in memory: where the planner takes a
 * page at random for four times as dear as one in order, it reads all of the table where a walk over an index would be over after some hundred rows.
 */
export const searchSettings = {
  begin:
    "set local transaction read only; set local jit = off; set local random_page_cost = 1.1; set local max_parallel_workers_per_gather = 0",
};

/** In what order. Tracks that have no such number are not found. */
export interface SearchOrder {
  /** Null: by the time of acceptance. */
  readonly by: SearchFact | null;
  readonly descending: boolean;
}

/** A track's place in an order. */
export interface SearchPlace {
  /** The number; of the time of acceptance the instant. */
  readonly value: number | string;
  readonly id: string;
}

export interface SearchWanted {
  readonly owner: string;
  readonly conditions: readonly SearchCondition[];
  readonly order: SearchOrder;
  /** The last one that is known already. */
  readonly behind: SearchPlace | null;
  readonly limit: number;
}

const Hit = FoundRow.extend({ value: z.union([z.number(), z.string()]) });
/** A track that was found; `value`: its place in the order. */
export type SearchHit = z.infer<typeof Hit>;

/** Tracks that are as it is asked for: a page. */
export function searchTracks(pool: Pool, wanted: SearchWanted): Promise<SearchHit[]> {
  const work = async (client: Client) => {
    const { sql, values } = await searchSql(client, wanted);
    const { rows } = await client.query(sql, [...values]);
    return z.array(Hit).parse(rows);
  };
  return inTransaction(pool, searchLimits, work, searchSettings);
}

/** The statement, with its values. */
export async function searchSql(
  client: Client,
  { owner, conditions, order, behind, limit }: SearchWanted,
): Promise<{ readonly sql: string; readonly values: readonly unknown[] }> {
  const numbers = await readKeywordNumbers(client, conditions);
  const values = createValues();
  const where = [conditionsSql(owner, conditions, numbers, values)];
  const { by, descending } = order;
  const key = by === null ? "t.accepted_at" : numberSql(by);
  const type = by === null ? "timestamptz" : by.ranked === null ? "real" : "double precision";
  if (by !== null) where.push(`${key} is not null`);
  if (behind !== null) {
    const { value } = behind;
    const from = by !== null && typeof value === "number" ? comparedWith(by, value) : value;
    const place = `(${values.add(from)}::${type}, ${values.add(behind.id)}::uuid)`;
    where.push(`(${key}, t.id) ${descending ? "<" : ">"} ${place}`);
  }
  const way = descending ? "desc" : "asc";
  const value = by === null ? `to_char(${key} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` : key;
  return {
    sql: `select ${foundColumns}, ${value} as value
from search_tracks t where ${where.join(" and ")} order by ${key} ${way}, t.id ${way} limit ${values.add(limit)}`,
    values: values.all,
  };
}
