import { z } from "zod";
import type { Client } from "../connect.ts";
import { metadataLexeme, textLexeme } from "./lexemes.ts";
import { bandFactOf, bandsFrom } from "./score-bands.ts";
import { comparedWith, numberSql, type SearchFact } from "./search-facts.ts";

export interface NumberRange {
  /** Null: no end. */
  readonly from: number | null;
  readonly to: number | null;
}

/** A word that a track may have. */
export interface WantedKeyword {
  /** In any case. */
  readonly value: string;
  /** Null: whatever its score. */
  readonly leastScore: number | null;
}

/** What a track that is found is like. */
export type SearchCondition =
  /** The number is in one of these. */
  | { readonly type: "number"; readonly fact: SearchFact; readonly ranges: readonly NumberRange[] }
  /** It has one of these. */
  | { readonly type: "keyword"; readonly fact: SearchFact; readonly any: readonly WantedKeyword[] }
  /** All of these are in the text; the last may be the beginning of one. Fact null: in title, file name and metadata. */
  | { readonly type: "words"; readonly fact: SearchFact | null; readonly words: readonly string[] }
  /** Its client has said one of these by that name. */
  | { readonly type: "metadata"; readonly name: string; readonly any: readonly string[] }
  | { readonly type: "state"; readonly states: readonly string[] }
  /** From an instant on, and before another. */
  | { readonly type: "accepted"; readonly from: Date | null; readonly before: Date | null };

/** Values of a statement, as it is put together. */
export interface Values {
  readonly all: unknown[];
  /** How the statement names one. */
  add(value: unknown): string;
}

export function createValues(): Values {
  const all: unknown[] = [];
  return { all, add: (value) => `$${all.push(value)}` };
}

/** Words by their facts' ids: to the numbers that tracks have in their place. Of one word several where it is written in several ways. */
export type KeywordNumbers = (fact: number, value: string) => readonly number[];

const selectKeywords = `
select k.id, k.fact, k.value
from search_keywords k join jsonb_to_recordset($1::jsonb) as x(fact smallint, value text) on k.fact = x.fact and lower(k.value) = lower(x.value)`;
const Found = z.array(z.object({ id: z.int(), fact: z.int(), value: z.string() }));

/** In a statement before: the planner knows how frequent a number is, and not how frequent what a join gives would be. */
export async function readKeywordNumbers(
  client: Client,
  conditions: readonly SearchCondition[],
): Promise<KeywordNumbers> {
  const asked = conditions.flatMap((condition) =>
    condition.type === "keyword" ? condition.any.flatMap((word) => askedFor(condition.fact, word)) : [],
  );
  if (asked.length === 0) return () => [];
  const { rows } = await client.query(selectKeywords, [JSON.stringify(asked)]);
  const found = Found.parse(rows);
  return (fact, value) =>
    found.flatMap((row) => (row.fact === fact && isSameWord(row.value, value) ? [row.id] : []));
}

function askedFor(fact: SearchFact, { value, leastScore }: WantedKeyword) {
  const bands = leastScore === null ? [] : bandsFrom(value, leastScore).all;
  return [{ fact: fact.id, value }, ...bands.map((band) => ({ fact: bandFactOf(fact), value: band }))];
}

function isSameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The condition that a row of the table `t` is an owner's, and is as it is asked for. Every statement of search has it. */
export function conditionsSql(
  owner: string,
  conditions: readonly SearchCondition[],
  numbers: KeywordNumbers,
  values: Values,
): string {
  const each = conditions.map((condition) => `(${conditionSql(condition, numbers, values)})`);
  return [`t.owner = ${values.add(owner)}`, ...each].join(" and ");
}

function conditionSql(condition: SearchCondition, numbers: KeywordNumbers, values: Values): string {
  switch (condition.type) {
    case "number":
      return condition.ranges.map((range) => rangeSql(condition.fact, range, values)).join(" or ");
    case "keyword":
      return keywordsSql(condition.fact, condition.any, numbers, values);
    case "words":
      return `t.words @@ ${values.add(wordsQuery(condition))}::tsquery`;
    case "metadata": {
      const lexemes = condition.any.map((text) => `'${metadataLexeme(condition.name, text)}'`);
      return `t.words @@ ${values.add(lexemes.join(" | "))}::tsquery`;
    }
    case "state":
      // One at a time, the index of states has their tracks in the order of acceptance.
      return condition.states.map((state) => `t.state = ${values.add(state)}`).join(" or ");
    case "accepted":
      return acceptedSql(condition, values);
  }
}

function rangeSql(fact: SearchFact, { from, to }: NumberRange, values: Values): string {
  const number = numberSql(fact);
  const type = fact.ranked === null ? "real" : "double precision";
  const ends = [
    `${number} is not null`,
    ...(from === null ? [] : [`${number} >= ${values.add(comparedWith(fact, from))}::${type}`]),
    ...(to === null ? [] : [`${number} <= ${values.add(comparedWith(fact, to))}::${type}`]),
  ];
  return `(${ends.join(" and ")})`;
}

/** A word that nobody has is no condition less. */
function keywordsSql(
  fact: SearchFact,
  any: readonly WantedKeyword[],
  numbers: KeywordNumbers,
  values: Values,
): string {
  const whatever = any.flatMap(({ value, leastScore }) =>
    leastScore === null ? numbers(fact.id, value) : [],
  );
  const ways = any.flatMap(({ value, leastScore }) =>
    leastScore === null ? [] : scoredSql(fact, { value, leastScore }, numbers, values),
  );
  if (whatever.length > 0) ways.push(`t.keywords && ${values.add(whatever)}::int[]`);
  return ways.length === 0 ? "false" : ways.map((way) => `(${way})`).join(" or ");
}

function scoredSql(
  fact: SearchFact,
  { value, leastScore }: { readonly value: string; readonly leastScore: number },
  numbers: KeywordNumbers,
  values: Values,
): string[] {
  const { all, isWhole } = bandsFrom(value, leastScore);
  const bands = all.flatMap((band) => numbers(bandFactOf(fact), band));
  if (bands.length === 0) return [];
  const isInBand = `t.keywords && ${values.add(bands)}::int[]`;
  if (isWhole) return [isInBand];
  return numbers(fact.id, value).map((id) => {
    const score = `t.scores[array_position(t.keywords, ${values.add(id)}::int)]`;
    return `${isInBand} and ${score} >= ${values.add(Math.fround(leastScore))}::real`;
  });
}

/** Words have letters and digits alone (`splitWords`). */
function wordsQuery({ fact, words }: Extract<SearchCondition, { type: "words" }>): string {
  const quoted = words.map((word) => `'${fact === null ? word : textLexeme(fact, word)}'`).join(" & ");
  return `${quoted}:*`;
}

function acceptedSql(
  { from, before }: Extract<SearchCondition, { type: "accepted" }>,
  values: Values,
): string {
  const ends = [
    ...(from === null ? [] : [`t.accepted_at >= ${values.add(from)}`]),
    ...(before === null ? [] : [`t.accepted_at < ${values.add(before)}`]),
  ];
  return ends.length === 0 ? "true" : ends.join(" and ");
}
