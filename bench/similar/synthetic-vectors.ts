import { type Pool, packVector } from "@segue/catalog-db";
import { createRandom } from "@segue/synth";

const dimensions = 128;
/** Sounds differ in fewer ways than vectors have numbers. */
const ways = 16;
const styles = 400;
const atOnce = 5_000;

/** Of some hundred styles, of which a few are frequent; each track is somewhere around its style, in sixteen ways, and a little in all others. */
export function createVectors(seed: number): () => number[] {
  const random = createRandom(seed).next;
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const list = (count: number) => Array.from({ length: count }, normal);
  const axes = Array.from({ length: ways }, () => list(dimensions));
  const middles = Array.from({ length: styles }, () => list(ways));
  return () => {
    const middle = middles[Math.floor(styles * random() ** 2)] ?? [];
    const place = middle.map((at) => at + 0.5 * normal());
    return Array.from(
      { length: dimensions },
      (_, i) => place.reduce((sum, at, way) => sum + at * (axes[way]?.[i] ?? 0), 0) + 0.3 * normal(),
    );
  };
}

/** One for each row, as a catalog writes them before cells are cut. @returns the space's id. */
export async function insertVectors(pool: Pool, count: number): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    `insert into search_spaces (fact, kind, model, dimensions, added) values ('tags.embedding', 'tags', 'synthetic', $1, $2) returning id`,
    [dimensions, count],
  );
  const space = rows[0]?.id ?? 0;
  const next = createVectors(1);
  await pool.query("drop index search_vectors_cells");
  for (let from = 0; from < count; from += atOnce) {
    const codes = Array.from({ length: Math.min(atOnce, count - from) }, () =>
      packVector(next()).toString("base64"),
    );
    await pool.query(
      `insert into search_vectors (id, space, owner, cell, code)
       select t.id, $1, t.owner, 0, decode(x.code, 'base64') from unnest($2::text[]) with ordinality x(code, n)
       join search_tracks t on t.id = ('01900000-0000-7000-8000-' || lpad(to_hex($3::bigint + x.n - 1), 12, '0'))::uuid`,
      [space, codes, from],
    );
  }
  await pool.query(
    "create index search_vectors_cells on search_vectors (space, owner, cell) include (id, code)",
  );
  return space;
}
