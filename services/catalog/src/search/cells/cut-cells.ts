/**
 * Parts vectors into cells, so that of many only those in the nearest cells are compared. A space has one cell until it is large; then its cells are cut, and cut anew each time
 * that it has become four times as large. Its vectors are moved from the cells of before to those of now a part at a time; meanwhile both are looked into.
 *
 *   one cell --- large ---> moves vectors --- all are ---> cut --- four times as large ---> moves vectors
 */
import { setImmediate } from "node:timers/promises";
import {
  type Client,
  inTransaction,
  nearestCell,
  type Pool,
  readCells,
  readSpaces,
  type SearchSpace,
  writeCentres,
} from "@segue/catalog-db";
import { z } from "zod";
import { takePlace } from "../search-place.ts";
import { findCentres } from "./find-centres.ts";

export interface CellSizes {
  /** Vectors of which cells are cut for the first time. */
  readonly large: number;
  /** Vectors that middles are found among. */
  readonly sample: number;
  /** Cells, at most: else the root of how many vectors there are. */
  readonly mostCells: number;
  /** Vectors that are moved in one turn. */
  readonly movedAtOnce: number;
}
export const cellSizes: CellSizes = { large: 50_000, sample: 16_384, mostCells: 2_048, movedAtOnce: 1_000 };

/** How much larger a space becomes until its cells are cut anew. */
const growth = 4;
const rounds = 6;
/** Vectors between two turns of the event loop. */
const computedAtOnce = 64;
const lowestId = "00000000-0000-0000-0000-000000000000";
const limits = { statementMs: 60_000 };
const begin = "set local jit = off";

/** What came of a turn: whether there is more to be done at once, and whether cells have been cut. */
export interface CellTurn {
  readonly isMore: boolean;
  readonly cut: { readonly fact: string; readonly model: string; readonly cells: number } | undefined;
}

/** One step of it. Undefined: another process is at it. */
export async function cutCells(
  pool: Pool,
  { sizes = cellSizes, signal }: { readonly sizes?: CellSizes; readonly signal?: AbortSignal } = {},
): Promise<CellTurn | undefined> {
  const spaces = await readSpaces(pool);
  const moved = spaces.find(({ recutTo }) => recutTo !== null);
  if (moved) return moveSome(pool, moved, sizes);
  const grown = spaces.find(({ added, cutAt }) => added >= Math.max(sizes.large, growth * cutAt));
  return grown ? cut(pool, grown, sizes, signal) : { isMore: false, cut: undefined };
}

const Code = z.object({ code: z.instanceof(Buffer) });

/** Outside of any transaction: it takes some seconds, in which nobody has to wait. */
async function cut(
  pool: Pool,
  space: SearchSpace,
  sizes: CellSizes,
  signal: AbortSignal | undefined,
): Promise<CellTurn | undefined> {
  const { id, dimensions, generation, added, fact, model } = space;
  const codes = await inTransaction(pool, limits, (client) => readSample(client, id, sizes.sample), {
    begin,
  });
  const cells = Math.max(1, Math.min(sizes.mostCells, Math.round(Math.sqrt(added)), codes.length));
  const centres = await findCentres(codes, { cells, dimensions, rounds }, signal);
  const first = space.firstCell === 1 ? 1 + sizes.mostCells : 1;
  const keep = async (client: Client) => {
    if (!(await takePlace(client))) return undefined;
    await client.query(
      `update search_spaces set centres = $3, first_cell = $4, before_centres = centres, before_first_cell = first_cell,
         generation = gen_random_uuid(), cut_at = $5, recut_to = $6 where id = $1 and generation = $2`,
      [id, generation, writeCentres(centres), first, added, lowestId],
    );
    return { isMore: true, cut: { fact, model, cells } };
  };
  return inTransaction(pool, limits, keep, { begin });
}

/** At random, and the same each time. */
async function readSample(client: Client, space: number, sample: number): Promise<Buffer[]> {
  const { rows } = await client.query(
    "select v.code from search_vectors v join search_tracks t on t.id = v.id where v.space = $1 order by t.dice, t.id limit $2",
    [space, sample],
  );
  return z
    .array(Code)
    .parse(rows)
    .map(({ code }) => code);
}

const Vector = Code.extend({ id: z.string() });

/** Cells are found outside of any transaction: a machine that is busy would have it stand still. */
async function moveSome(pool: Pool, space: SearchSpace, sizes: CellSizes): Promise<CellTurn | undefined> {
  const { id, recutTo, firstCell, dimensions } = space;
  const { now } = await readCells(pool, space);
  if (now === null) return { isMore: true, cut: undefined };
  const { rows } = await pool.query(
    "select id, code from search_vectors where space = $1 and id > $2 order by id limit $3",
    [id, recutTo, sizes.movedAtOnce],
  );
  const vectors = z.array(Vector).parse(rows);
  const cells: number[] = [];
  for (const [n, { code }] of vectors.entries()) {
    if (n % computedAtOnce === 0) await setImmediate();
    cells.push(firstCell + nearestCell(code, now));
  }
  const to = vectors.length < sizes.movedAtOnce ? null : (vectors.at(-1)?.id ?? null);
  const ids = vectors.map((vector) => vector.id);
  const endCell = firstCell + now.numbers.length / dimensions;
  const keep = (client: Client) => keepMoved(client, space, { ids, cells, endCell, to });
  return inTransaction(pool, limits, keep, { begin });
}

interface Moved {
  readonly ids: readonly string[];
  readonly cells: readonly number[];
  /** Behind the last cell of now. */
  readonly endCell: number;
  readonly to: string | null;
}

/** What has been written since is in a cell of now already, and stays there. */
async function keepMoved(
  client: Client,
  { id, generation, recutTo, firstCell }: SearchSpace,
  { ids, cells, endCell, to }: Moved,
): Promise<CellTurn | undefined> {
  if (!(await takePlace(client))) return undefined;
  const { rowCount } = await client.query(
    "update search_spaces set recut_to = $4 where id = $1 and generation = $2 and recut_to = $3",
    [id, generation, recutTo, to],
  );
  // Another process was there meanwhile.
  if (rowCount === 0) return { isMore: true, cut: undefined };
  await client.query(
    `update search_vectors v set cell = x.cell from unnest($2::uuid[], $3::int[]) as x(id, cell)
     where v.space = $1 and v.id = x.id and not (v.cell >= $4 and v.cell < $5)`,
    [id, ids, cells, firstCell, endCell],
  );
  return { isMore: true, cut: undefined };
}
