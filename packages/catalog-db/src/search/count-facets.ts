import { z } from "zod";
import type { Client, Pool } from "../connect.ts";
import { inTransaction } from "../transaction.ts";
import { conditionsSql, createValues, readKeywordNumbers, type SearchCondition } from "./conditions.ts";
import type { SearchFact } from "./search-facts.ts";
import { searchLimits, searchSettings } from "./search-tracks.ts";

/** Of more tracks than these a sample of as many is counted: it tells the share of a word to a hundredth or two, and takes no longer the more there are. */
export const mostCounted = 5_000;
/** What is thrown for a track is below. */
const dice = 2 ** 31;

export interface FacetsWanted {
  readonly owner: string;
  readonly conditions: readonly SearchCondition[];
  readonly facts: readonly SearchFact[];
  readonly withStates: boolean;
  /** Words of each, the most frequent. */
  readonly limit: number;
  /** As in production when left out. */
  readonly mostCounted?: number;
}

export interface FacetValue {
  readonly value: string;
  readonly tracks: number;
}

export interface FacetCounts {
  /** Tracks that are as it is asked for. */
  readonly tracks: number;
  /** False: all figures are what a sample leads to expect. */
  readonly isExact: boolean;
  /** By the facts' names. */
  readonly facts: Readonly<Record<string, readonly FacetValue[]>>;
  readonly states: readonly FacetValue[] | null;
}

const Value = z.object({ fact: z.int(), value: z.string(), tracks: z.int() });
const Counted = z.object({
  counted: z.int(),
  last: z.int().nullable(),
  states: z.record(z.string(), z.int()).nullable(),
  keywords: z.array(Value).nullable(),
});

/** How many tracks there are of each word, among those that are as it is asked for. */
export async function countFacets(pool: Pool, wanted: FacetsWanted): Promise<FacetCounts> {
  const { facts, withStates, mostCounted: most = mostCounted } = wanted;
  const work = async (client: Client) => {
    const { sql, values } = await facetsSql(client, wanted);
    const { rows } = await client.query(sql, [...values]);
    return Counted.parse(rows[0]);
  };
  const { counted, last, ...found } = await inTransaction(pool, searchLimits, work, searchSettings);
  const isExact = counted < most;
  const scale = isExact || last === null ? 1 : dice / (last + 1);
  const scaled = (tracks: number) => Math.round(tracks * scale);
  const of = ({ value, tracks }: FacetValue) => ({ value, tracks: scaled(tracks) });
  const states = Object.entries(found.states ?? {}).map(([value, tracks]) => ({ value, tracks }));
  const byFact = facts.map(({ id, name }) => [
    name,
    (found.keywords ?? []).filter(({ fact }) => fact === id).map(of),
  ]);
  return {
    ...{ tracks: scaled(counted), isExact, facts: Object.fromEntries(byFact) },
    states: withStates ? states.map(of).toSorted((a, b) => b.tracks - a.tracks) : null,
  };
}

/** Tracks in the order of what was thrown for them: the first of those that fit are a sample of all that do, and the last one tells how large a part of all was looked at. */
export async function facetsSql(
  client: Client,
  { owner, conditions, facts, limit, mostCounted: most = mostCounted }: FacetsWanted,
): Promise<{ readonly sql: string; readonly values: readonly unknown[] }> {
  const numbers = await readKeywordNumbers(client, conditions);
  const values = createValues();
  const where = conditionsSql(owner, conditions, numbers, values);
  const ids = values.add(facts.map(({ id }) => id));
  return {
    sql: `with found as materialized (
  select t.state, t.keywords, t.dice from search_tracks t where ${where} order by t.dice limit ${values.add(most)}),
counted as (select k.id, count(*)::int as tracks from found, unnest(found.keywords) k(id) group by k.id),
ranked as (
  select s.fact, s.value, c.tracks, row_number() over (partition by s.fact order by c.tracks desc, s.value) as rank
  from counted c join search_keywords s on s.id = c.id where s.fact = any(${ids}::int[]))
select (select count(*)::int from found) as counted, (select max(dice) from found) as last,
  (select json_object_agg(state, tracks) from (select state, count(*)::int as tracks from found group by state) f) as states,
  (select json_agg(json_build_object('fact', fact, 'value', value, 'tracks', tracks) order by fact, rank)
    from ranked where rank <= ${values.add(limit)}) as keywords`,
    values: values.all,
  };
}
