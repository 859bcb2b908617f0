import {
  bandFactOf,
  bandOf,
  inTransaction,
  type Pool,
  readSearchFacts,
  type SearchFact,
} from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { keepFacts, searchedKinds } from "../../services/catalog/src/search/keep-facts.ts";

const atOnce = 50_000;
const tags = 50;
const keys = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const camelots = Array.from({ length: 24 }, (_, n) => `${(n % 12) + 1}${n < 12 ? "A" : "B"}`);
const words: Readonly<Record<string, readonly string[]>> = {
  "key.key": keys,
  "key.mode": ["major", "minor"],
  "key.camelot": camelots,
  "key.openKey": camelots.map((camelot) => `${camelot}-open`),
  "pcm.hasCover": ["true", "false"],
  "mono16k.silent": ["false"],
  "aac.codec": ["aac"],
  "aac.hasCover": ["true", "false"],
};
/** As real tracks have them, as far as their spread goes. */
const spreads: Readonly<Record<string, string>> = {
  "tempo.bpm": "case when random() < 0.9 then round((70 + 110 * random())::numeric, 2) end",
  "pcm.durationSec": "round((60 + 400 * random())::numeric, 3)",
  "loudness.integratedLufs": "round((-18 + 13 * random())::numeric, 2)",
};

/** Rows as a catalog writes them, without the tracks that they are of. */
export async function insertRows(pool: Pool, chain: Chain<StepSpec>, count: number): Promise<SearchFact[]> {
  const kinds = searchedKinds(chain.kinds);
  await inTransaction(pool, { statementMs: 0 }, (client) => keepFacts(client, kinds));
  const facts = await readSearchFacts(pool);
  const indexes = await dropIndexes(pool);
  const insert = await insertSql(pool, facts);
  for (let from = 0; from < count; from += atOnce)
    await pool.query(insert, [from, Math.min(count, from + atOnce) - 1, count]);
  for (const index of indexes) await pool.query(index);
  await pool.query("vacuum analyze search_tracks");
  await pool.query("insert into search_place (epoch) select epoch from change_feed");
  return facts;
}

/** To fill them row by row takes several times as long. */
async function dropIndexes(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ indexname: string; indexdef: string }>(
    "select indexname, indexdef from pg_indexes where tablename = 'search_tracks' and indexname not like '%pkey'",
  );
  for (const { indexname } of rows) await pool.query(`drop index ${indexname}`);
  return rows.map(({ indexdef }) => indexdef);
}

async function insertSql(pool: Pool, facts: readonly SearchFact[]): Promise<string> {
  const picks: string[] = [];
  const number = async (fact: number, all: readonly string[]) => {
    const { rows } = await pool.query<{ id: number }>(
      "insert into search_keywords (fact, value) select $1, unnest($2::text[]) returning id",
      [fact, all],
    );
    return `(array[${rows.map(({ id }) => id).join(",")}])`;
  };
  const factOf = (name: string) => {
    const fact = facts.find((each) => each.name === name);
    if (!fact) throw new Error(`expected a fact ${name}`);
    return fact;
  };
  for (const [name, all] of Object.entries(words))
    picks.push(`${await number(factOf(name).id, all)}[1 + floor(random() * ${all.length})::int]`);
  const names = Array.from({ length: tags }, (_, n) => `tag-${n}`);
  const ofTag = await number(factOf("tags.tags").id, names);
  const ofBand = await number(
    bandFactOf(factOf("tags.tags")),
    names.flatMap((name) => Array.from({ length: 10 }, (_, band) => bandOf(name, band / 10))),
  );
  const heard = [1, 2, 3, 4, 5];
  // A few are frequent, most are rare.
  const thrown = heard.map(
    (n) =>
      `floor(${tags} * power(random(), 2))::int as tag${n}, round(random()::numeric * 0.999, 3) as score${n}`,
  );
  const ofTags = heard.map(
    (n) => `${ofTag}[1 + d.tag${n}], ${ofBand}[1 + d.tag${n} * 10 + floor(d.score${n} * 10)::int]`,
  );
  const numbered = (of: "ranked" | "slot") =>
    facts
      .filter((fact) => fact[of] !== null)
      .toSorted((a, b) => (a[of] ?? 0) - (b[of] ?? 0))
      .map(({ name }) => spreads[name] ?? "round(random()::numeric * 100, 2)");
  const scores = [...picks.map(() => "null"), ...heard.map((n) => `d.score${n}, null`)];
  return `
insert into search_tracks (id, owner, state, accepted_at, dice, ranked, numbers, keywords, scores, title, file_name, words, shown)
select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
  case when n % 100 = 0 then 'bert' when n % 5 = 1 then 'acme' else 'default' end,
  case when n % 200 < 190 then 'done' when n % 200 < 196 then 'partial' when n % 200 < 199 then 'failed' else 'processing' end,
  now() - make_interval(secs => $3::bigint - n), floor(random() * 2147483647)::int,
  array[${numbered("ranked").join(",")}]::double precision[], array[${numbered("slot").join(",")}]::real[],
  array[${[...picks, ...ofTags].join(",")}]::int[], array[${scores.join(",")}]::real[],
  'A title of usual length ' || n, 'file ' || n || '.mp3',
  array_to_tsvector(array['a', 'title', 'of', 'length', 'mp3', 'n' || n, 'w' || floor(20000 * power(random(), 3))::int, 'artist' || floor(random() * 5000)::int]),
  jsonb_build_object('tempo.bpm', n, 'tempo.confidence', 0.5, 'key.key', 'A', 'key.mode', 'minor', 'key.camelot', '8A',
    'loudness.integratedLufs', -9.5, 'pcm.durationSec', 240.5, 'tags.tags', '["house", "techno", "electronic", "dance", "synth"]'::jsonb)
from generate_series($1::bigint, $2::bigint) n, lateral (select ${thrown.join(", ")} where n is not null) d`;
}
