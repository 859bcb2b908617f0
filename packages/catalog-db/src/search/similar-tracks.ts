import { z } from "zod";
import type { Client, Pool } from "../connect.ts";
import { inTransaction } from "../transaction.ts";
import {
  conditionsSql,
  createValues,
  type KeywordNumbers,
  readKeywordNumbers,
  type SearchCondition,
  type Values,
} from "./conditions.ts";
import { readCells, readSpaces, type SearchSpace } from "./search-spaces.ts";
import { searchLimits, searchSettings } from "./search-tracks.ts";
import { largest, nearness, similarities } from "./vectors.ts";

/** So many tracks are compared one by one; of more those in the nearest cells are. */
export const mostExact = 20_000;
/** Cells that are looked into. */
export const nearCells = 16;
/** Tracks in them that are compared, at most. */
const mostInCells = 60_000;
/** Where a filter leaves fewer of them, it leaves so few of all that these can be compared one by one. */
const enoughInCells = 300;
/** From one table to the other row by row: the planner takes filters for wider than they are, and would read all vectors of all owners. */
export const similarSettings = {
  begin: `${searchSettings.begin}; set local enable_hashjoin = off; set local enable_mergejoin = off`,
};
/** Before each vector stands its track's id. */
const idBytes = 16;

export interface SimilarWanted {
  readonly owner: string;
  readonly id: string;
  /** By which fact, `tags.embedding`, or which kind; undefined: by the first that the track has. */
  readonly by: string | undefined;
  readonly conditions: readonly SearchCondition[];
  readonly limit: number;
  /** As in production when left out. */
  readonly mostExact?: number;
}

const Hit = z.object({
  id: z.string(),
  state: z.string(),
  title: z.string().nullable(),
  fileName: z.string().nullable(),
  acceptedAt: z.date().transform((at) => at.toISOString()),
  shown: z.record(z.string(), z.unknown()),
});
/** A track that is like another: from -1 to 1, where 1 is the same. */
export type SimilarHit = z.infer<typeof Hit> & { readonly similarity: number };

export type SimilarFound =
  /** The owner has no such track, or search does not know it yet. */
  | { readonly type: "no-track" }
  /** It has none of these. */
  | { readonly type: "no-vector" }
  | {
      readonly type: "found";
      readonly fact: string;
      readonly model: string;
      readonly hits: readonly SimilarHit[];
      /** False: there are so many tracks that only those in the nearest cells were looked at. */
      readonly isExact: boolean;
    };

/** An owner's tracks that are most like one of theirs, the most alike first, without itself. */
export function similarTracks(pool: Pool, wanted: SimilarWanted): Promise<SimilarFound> {
  const work = async (client: Client): Promise<SimilarFound> => {
    const seed = await readSeed(client, wanted);
    if (seed.type !== "vector") return seed;
    const { space, code } = seed;
    const numbers = await readKeywordNumbers(client, wanted.conditions);
    const go = { client, wanted, space, code, numbers };
    const { bytes, isExact } = await readNear(go);
    const hits = await readHits(go, nearestOf(go, bytes));
    return { type: "found", fact: space.fact, model: space.model, hits, isExact };
  };
  return inTransaction(pool, searchLimits, work, similarSettings);
}

const Seed = z.object({ space: z.int().nullable(), code: z.instanceof(Buffer).nullable() });

async function readSeed(client: Client, { owner, id, by }: SimilarWanted) {
  const { rows } = await client.query(
    `select v.space, v.code from search_tracks t left join search_vectors v on v.id = t.id and v.owner = t.owner
     where t.owner = $1 and t.id = $2 order by v.space`,
    [owner, id],
  );
  const found = z.array(Seed).parse(rows);
  if (found.length === 0) return { type: "no-track" } as const;
  const spaces = await readSpaces(client);
  for (const { space: number, code } of found) {
    const space = spaces.find((each) => each.id === number);
    if (space && code && (by === undefined || by === space.fact || by === space.kind))
      return { type: "vector", space, code } as const;
  }
  return { type: "no-vector" } as const;
}

interface Go {
  readonly client: Client;
  readonly wanted: SimilarWanted;
  readonly space: SearchSpace;
  readonly code: Buffer;
  readonly numbers: KeywordNumbers;
}

interface Near {
  readonly bytes: Buffer;
  /** All that are as it is asked for. */
  readonly isExact: boolean;
}

/** What is compared: all where these are few, else what is in the nearest cells. */
async function readNear(go: Go): Promise<Near> {
  const { client, wanted, space, code } = go;
  const most = wanted.mostExact ?? mostExact;
  if (!(await hasMoreThan(go, most))) return { bytes: await readCodes(go, null, most + 1), isExact: true };
  const near = await readCodes(go, await cellsNear(client, space, code), mostInCells);
  const size = idBytes + space.dimensions;
  if (wanted.conditions.length === 0 || near.length >= enoughInCells * size)
    return { bytes: near, isExact: false };
  const all = await readCodes(go, null, most + 1);
  const isExact = all.length <= most * size;
  return { bytes: isExact ? all : near, isExact };
}

/** Whether an owner has more vectors than so many. */
async function hasMoreThan({ client, wanted, space }: Go, most: number): Promise<boolean> {
  const { rows } = await client.query(
    "select 1 from search_vectors where space = $1 and owner = $2 offset $3 limit 1",
    [space.id, wanted.owner, most],
  );
  return rows.length > 0;
}

/** The nearest of the cells that vectors are in now, and while they are moved of those that they were in before. */
async function cellsNear(client: Client, space: SearchSpace, code: Buffer): Promise<number[]> {
  const { firstCell, beforeFirstCell, recutTo } = space;
  const { now, before } = await readCells(client, space);
  if (now === null) return [0];
  const those = largest(nearness(code, now), nearCells).map((n) => n + firstCell);
  if (recutTo === null) return those;
  const others = before ? largest(nearness(code, before), nearCells).map((n) => n + beforeFirstCell) : [0];
  return [...those, ...others];
}

const Packed = z.array(z.object({ packed: z.instanceof(Buffer).nullable() }));

/** Ids and vectors, one behind the other. */
async function readCodes(go: Go, cells: readonly number[] | null, limit: number): Promise<Buffer> {
  const values = createValues();
  const { rows } = await go.client.query(codesSql(go, values, cells, limit), values.all);
  return Packed.parse(rows)[0]?.packed ?? Buffer.alloc(0);
}

/** The statement. @param cells null: all of them. */
export function codesSql(
  { wanted: { owner, id, conditions }, space, numbers }: Pick<Go, "wanted" | "space" | "numbers">,
  values: Values,
  cells: readonly number[] | null,
  limit: number,
): string {
  const where = [
    `v.space = ${values.add(space.id)}`,
    `v.owner = ${values.add(owner)}`,
    ...(cells === null ? [] : [`v.cell = any(${values.add(cells)}::int[])`]),
    `v.id <> ${values.add(id)}::uuid`,
  ];
  const join =
    conditions.length === 0
      ? ""
      : ` join search_tracks t on t.id = v.id and ${conditionsSql(owner, conditions, numbers, values)}`;
  return `select string_agg(uuid_send(c.id) || c.code, ''::bytea) as packed from (
  select v.id, v.code from search_vectors v${join} where ${where.join(" and ")} limit ${values.add(limit)}) c`;
}

/** The ids of the nearest, and how near they are. */
function nearestOf(
  { wanted: { limit }, space: { dimensions }, code }: Go,
  bytes: Buffer,
): Map<string, number> {
  const found = similarities(code, { bytes, before: idBytes, dimensions });
  return new Map(
    largest(found, limit).map((n) => [idAt(bytes, n * (idBytes + dimensions)), found[n] ?? 0] as const),
  );
}

function idAt(bytes: Buffer, at: number): string {
  const hex = bytes.toString("hex", at, at + idBytes);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

async function readHits({ client, wanted: { owner } }: Go, near: Map<string, number>): Promise<SimilarHit[]> {
  if (near.size === 0) return [];
  const { rows } = await client.query(
    `select id, state, title, file_name as "fileName", accepted_at as "acceptedAt", shown from search_tracks
     where id = any($1::uuid[]) and owner = $2`,
    [[...near.keys()], owner],
  );
  return z
    .array(Hit)
    .parse(rows)
    .map((hit) => ({ ...hit, similarity: near.get(hit.id) ?? 0 }))
    .sort((a, b) => b.similarity - a.similarity || (a.id < b.id ? -1 : 1));
}
