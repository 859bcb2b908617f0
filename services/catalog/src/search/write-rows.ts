import {
  bandFactOf,
  bandOf,
  type Client,
  type SearchFact,
  textLexeme,
  toStorableJson,
} from "@segue/catalog-db";
import { type IndexedValue, splitWords } from "@segue/contracts";
import { z } from "zod";
import type { SearchRow } from "./describe-row.ts";
import { writeVectors } from "./write-vectors.ts";

/** Of a text among facts. */
const mostTextWords = 24;
/** Of a track: they are in an index as a whole, which takes some two thousand bytes. */
const mostKeywords = 200;

const keepKeywords = `
with given as (select distinct fact, value from jsonb_to_recordset($1::jsonb) as x(fact smallint, value text)),
known as (select k.id, k.fact, k.value from search_keywords k join given g using (fact, value)),
made as (
  insert into search_keywords (fact, value) select g.fact, g.value from given g left join known k using (fact, value) where k.id is null
  returning id, fact, value)
select id, fact, value from known union all select id, fact, value from made`;
const Keyword = z.object({ id: z.int(), fact: z.int(), value: z.string() });

/** What is as it was is not written. */
const write = `
insert into search_tracks as t (id, owner, state, accepted_at, dice, ranked, numbers, keywords, scores, title, file_name, words, shown)
select id, owner, state, accepted_at, dice, ranked, numbers, keywords, scores, title, file_name, array_to_tsvector(words), shown
from jsonb_to_recordset($1::jsonb) as x(id uuid, owner text, state text, accepted_at timestamptz, dice integer, ranked double precision[],
  numbers real[], keywords integer[], scores real[], title text, file_name text, words text[], shown jsonb)
on conflict (id) do update set owner = excluded.owner, state = excluded.state, accepted_at = excluded.accepted_at, ranked = excluded.ranked,
  numbers = excluded.numbers, keywords = excluded.keywords, scores = excluded.scores, title = excluded.title, file_name = excluded.file_name,
  words = excluded.words, shown = excluded.shown
where (t.owner, t.state, t.accepted_at, t.ranked, t.numbers, t.keywords, t.scores, t.title, t.file_name, t.words, t.shown) is distinct from
  (excluded.owner, excluded.state, excluded.accepted_at, excluded.ranked, excluded.numbers, excluded.keywords, excluded.scores,
    excluded.title, excluded.file_name, excluded.words, excluded.shown)`;

type Facts = ReadonlyMap<string, SearchFact>;

/** Of one that has the place for itself. @returns how many were not so before. */
export async function writeRows(client: Client, facts: Facts, rows: readonly SearchRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const keywords = await numberKeywords(client, facts, rows);
  const packed = rows.map((row) => packRow(row, facts, keywords));
  const { rowCount } = await client.query(write, [toStorableJson(packed)]);
  await writeVectors(client, rows);
  return rowCount ?? 0;
}

/** Takes away those of tracks that are not there any more. */
export async function removeRows(client: Client, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await client.query("delete from search_tracks where id = any($1::uuid[])", [ids]);
}

/** The same on a walk: behind one id, up to another (null: to the end), all but those that are there. */
export async function removeOthers(
  client: Client,
  after: string,
  to: string | null,
  there: readonly string[],
): Promise<void> {
  await client.query(
    `delete from search_tracks where id > $1 and ($2::uuid is null or id <= $2) and id <> all($3::uuid[])`,
    [after, to, there],
  );
}

/** @returns the numbers of keywords, by fact and word. */
async function numberKeywords(
  client: Client,
  facts: Facts,
  rows: readonly SearchRow[],
): Promise<ReadonlyMap<string, number>> {
  const given = new Map<string, Word>();
  for (const { values } of rows)
    for (const value of values)
      for (const word of wordsOf(facts.get(value.name), value)) given.set(keyOf(word), word);
  if (given.size === 0) return new Map();
  const { rows: kept } = await client.query(keepKeywords, [toStorableJson([...given.values()])]);
  const all = z.array(Keyword).parse(kept);
  return new Map(all.map(({ id, ...word }) => [keyOf(word), id]));
}

/** A word as it is numbered. */
interface Word {
  readonly fact: number;
  readonly value: string;
  readonly score?: number | null;
}

function keyOf({ fact, value }: Word): string {
  return `${fact}:${value}`;
}

/** Each of them, and the band that its score is in. */
function wordsOf(fact: SearchFact | undefined, value: IndexedValue): Word[] {
  if (fact?.index !== "keyword" || !("keywords" in value)) return [];
  return value.keywords.flatMap(({ value: word, score }) => [
    { fact: fact.id, value: word, score },
    ...(score === null ? [] : [{ fact: bandFactOf(fact), value: bandOf(word, score), score: null }]),
  ]);
}

function packRow(row: SearchRow, facts: Facts, numbers: ReadonlyMap<string, number>) {
  const { id, owner, state, acceptedAt, dice, title, fileName, shown } = row;
  const packed = {
    ranked: [] as (number | null)[],
    numbers: [] as (number | null)[],
    keywords: [] as number[],
    scores: [] as (number | null)[],
    words: new Set([...row.words, ...row.said]),
  };
  for (const value of row.values) {
    const fact = facts.get(value.name);
    if (!fact) continue;
    if ("number" in value) placeNumber(packed, fact, value.number);
    else if ("text" in value) {
      for (const word of splitWords(value.text, mostTextWords)) packed.words.add(textLexeme(fact, word));
    } else
      for (const word of wordsOf(fact, value)) {
        const number = numbers.get(keyOf(word));
        const isFull = packed.keywords.length >= mostKeywords;
        if (number === undefined || isFull || packed.keywords.includes(number)) continue;
        packed.keywords.push(number);
        packed.scores.push(word.score ?? null);
      }
  }
  return {
    ...{ id, owner, state, accepted_at: acceptedAt, dice, title, file_name: fileName, shown },
    ...{ ...packed, words: [...packed.words] },
  };
}

/** Arrays of Postgres begin at 1, and what is not in them is null. */
function placeNumber(
  packed: { readonly ranked: (number | null)[]; readonly numbers: (number | null)[] },
  { ranked, slot }: SearchFact,
  number: number,
): void {
  const [list, place] = ranked === null ? [packed.numbers, slot] : [packed.ranked, ranked];
  if (place === null) return;
  while (list.length < place) list.push(null);
  // What is too large for where it is kept has no place on a scale.
  const kept = list === packed.ranked ? number : Math.fround(number);
  list[place - 1] = Number.isFinite(kept) ? kept : null;
}
