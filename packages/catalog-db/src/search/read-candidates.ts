import { z } from "zod";
import type { Client, Pool } from "../connect.ts";
import { inTransaction } from "../transaction.ts";
import {
  conditionsSql,
  createValues,
  readKeywordNumbers,
  type SearchCondition,
  type Values,
} from "./conditions.ts";
import { numberSql, type SearchFact } from "./search-facts.ts";
import { searchLimits, searchSettings } from "./search-tracks.ts";

/** Which facts tell what of a track a playlist is made by; undefined: the fleet has none such. */
export interface MixFacts {
  readonly duration: SearchFact;
  readonly bpm: SearchFact | undefined;
  readonly camelot: SearchFact | undefined;
  readonly loudness: SearchFact | undefined;
  /** A number; else a word of `tags` that has a score. */
  readonly energy: SearchFact | undefined;
  readonly tags: SearchFact | undefined;
}

export interface CandidatesWanted {
  readonly owner: string;
  readonly conditions: readonly SearchCondition[];
  readonly facts: MixFacts;
  /** The word that says how energetic a track is. */
  readonly energyTag: string;
  /** From 0 to 1: where in the order of what was thrown for tracks the sample begins; it goes on at the start. */
  readonly from: number;
  /** At most so many. */
  readonly limit: number;
}

const number = z.number().nullable();
const Candidate = z.object({
  id: z.string(),
  state: z.string(),
  title: z.string().nullable(),
  fileName: z.string().nullable(),
  acceptedAt: z.date().transform((at) => at.toISOString()),
  shown: z.record(z.string(), z.unknown()),
  /** Of two tracks that have the same one, one is enough; null: the catalog knows of none. */
  master: z.string().nullable(),
  durationSec: z.number(),
  bpm: number,
  camelot: z.string().nullable(),
  loudness: number,
  energy: number,
});
/** A track that may be in a playlist. */
export type Candidate = z.infer<typeof Candidate>;

/** Thrown for a track: below it. */
const dice = 2 ** 31;

/** A sample of the tracks that are as it is asked for, in the order of what was thrown for them: the same one each time. All have a duration. */
export function readCandidates(pool: Pool, wanted: CandidatesWanted): Promise<Candidate[]> {
  const work = async (client: Client) => {
    const start = Math.floor(wanted.from * dice);
    const behind = await readPart(client, wanted, { from: start, before: dice, limit: wanted.limit });
    const left = wanted.limit - behind.length;
    const before =
      left > 0 && start > 0 ? await readPart(client, wanted, { from: 0, before: start, limit: left }) : [];
    return [...behind, ...before];
  };
  return inTransaction(pool, searchLimits, work, searchSettings);
}

/** One track; undefined: the owner has none such, or its duration is not known. */
export async function readCandidate(
  pool: Pool,
  id: string,
  wanted: Omit<CandidatesWanted, "conditions" | "from" | "limit">,
): Promise<Candidate | undefined> {
  const work = async (client: Client) => {
    const values = createValues();
    const where = `${conditionsSql(wanted.owner, [], () => [], values)} and t.id = ${values.add(id)}::uuid`;
    return ask(client, await candidatesSql(client, wanted, values, where), values);
  };
  const [found] = await inTransaction(pool, searchLimits, work, searchSettings);
  return found;
}

async function readPart(
  client: Client,
  wanted: CandidatesWanted,
  { from, before, limit }: { readonly from: number; readonly before: number; readonly limit: number },
): Promise<Candidate[]> {
  const { owner, conditions } = wanted;
  const values = createValues();
  const where = conditionsSql(owner, conditions, await readKeywordNumbers(client, conditions), values);
  const part = `t.dice >= ${values.add(from)} and t.dice < ${values.add(before)}::bigint`;
  const sql = await candidatesSql(client, wanted, values, `${where} and ${part}`);
  return ask(client, `${sql} order by t.dice, t.id limit ${values.add(limit)}`, values);
}

async function ask(client: Client, sql: string, values: Values): Promise<Candidate[]> {
  const { rows } = await client.query(sql, values.all);
  return z.array(Candidate).parse(rows);
}

type Told = Pick<CandidatesWanted, "facts" | "energyTag">;

async function candidatesSql(client: Client, { facts, energyTag }: Told, values: Values, where: string) {
  const { duration, bpm, camelot, loudness } = facts;
  const of = (fact: SearchFact | undefined) => (fact ? `${numberSql(fact)}::float8` : "null::float8");
  const key = camelot
    ? `(select k.value from search_keywords k where k.fact = ${values.add(camelot.id)} and k.id = any(t.keywords) limit 1)`
    : "null::text";
  return `
select t.id, t.state, t.title, t.file_name as "fileName", t.accepted_at as "acceptedAt", t.shown,
  (select m.master from tracks m where m.id = t.id) as master, ${of(duration)} as "durationSec", ${of(bpm)} as bpm,
  ${key} as camelot, ${of(loudness)} as loudness, ${await energySql(client, { facts, energyTag }, values)} as energy
from search_tracks t where ${where} and ${numberSql(duration)} > 0`;
}

/** A track that has scored words, and not this one, has none of it. */
async function energySql(client: Client, { facts, energyTag }: Told, values: Values): Promise<string> {
  const { energy, tags } = facts;
  if (energy) return `${numberSql(energy)}::float8`;
  if (!tags?.scored) return "null::float8";
  const any = [{ value: energyTag, leastScore: null }];
  const [id] = (await readKeywordNumbers(client, [{ type: "keyword", fact: tags, any }]))(tags.id, energyTag);
  const heard = id === undefined ? "null" : `t.scores[array_position(t.keywords, ${values.add(id)}::int)]`;
  return `coalesce(${heard}, case when cardinality(array_remove(t.scores, null)) > 0 then 0 end)::float8`;
}
