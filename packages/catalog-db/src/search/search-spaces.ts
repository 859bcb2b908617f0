import { z } from "zod";
import type { Client, Pool } from "../connect.ts";
import { type Centres, readCentres } from "./vectors.ts";

const centres = z.instanceof(Buffer).nullable();
const Space = z.object({
  id: z.int(),
  /** `tags.embedding`. */
  fact: z.string(),
  kind: z.string(),
  model: z.string(),
  dimensions: z.int(),
  generation: z.string(),
  firstCell: z.int(),
  beforeFirstCell: z.int(),
  recutTo: z.string().nullable(),
  /** Vectors that have ever come, and how many had when cells were cut. */
  added: z.coerce.number(),
  cutAt: z.coerce.number(),
});
/** Vectors that are compared with one another, and how they are parted into cells. */
export type SearchSpace = z.infer<typeof Space>;

const select = `
select id, fact, kind, model, dimensions, generation, first_cell as "firstCell", before_first_cell as "beforeFirstCell",
  recut_to as "recutTo", added, cut_at as "cutAt" from search_spaces`;

export async function readSpaces(client: Client | Pool): Promise<SearchSpace[]> {
  return z.array(Space).parse((await client.query(`${select} order by id`)).rows);
}

/** Cells of now, and of before while vectors are moved from these to those; null: all are in cell 0. */
export interface Cells {
  readonly now: Centres | null;
  readonly before: Centres | null;
}

const Kept = z.object({ centres, before: centres });
/** Of which those of the latest few generations are kept: they are large, and asked for each time. */
const kept = new Map<string, Cells>();
const mostKept = 8;

export async function readCells(client: Client | Pool, space: SearchSpace): Promise<Cells> {
  const { id, generation, dimensions } = space;
  const known = kept.get(generation);
  if (known) return known;
  const sql = "select centres, before_centres as before from search_spaces where id = $1 and generation = $2";
  const { rows } = await client.query(sql, [id, generation]);
  // Cut anew since: whoever asks has what was before.
  if (rows.length === 0) return { now: null, before: null };
  const row = Kept.parse(rows[0]);
  const of = (bytes: Buffer | null) => bytes && readCentres(bytes, dimensions);
  const cells = { now: of(row.centres), before: of(row.before) };
  for (const oldest of kept.keys()) if (kept.size >= mostKept) kept.delete(oldest);
  kept.set(generation, cells);
  return cells;
}
