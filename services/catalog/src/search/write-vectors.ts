import {
  type Client,
  nearestCell,
  packVector,
  readCells,
  readSpaces,
  type SearchSpace,
} from "@segue/catalog-db";
import { z } from "zod";
import type { RowVector, SearchRow } from "./describe-row.ts";

const addSpaces = `
insert into search_spaces (fact, kind, model, dimensions)
select distinct fact, kind, model, dimensions from jsonb_to_recordset($1::jsonb) as x(fact text, kind text, model text, dimensions smallint)
on conflict do nothing`;

/** What is as it was is not written; what a track has no more goes. */
const write = `
with given as (
  select id, space, owner, cell, decode(code, 'base64') as code
  from jsonb_to_recordset($2::jsonb) as x(id uuid, space integer, owner text, cell integer, code text)),
gone as (
  delete from search_vectors v where v.id = any($1::uuid[])
    and not exists (select from given g where g.id = v.id and g.space = v.space)),
written as (
  insert into search_vectors as v (id, space, owner, cell, code) select id, space, owner, cell, code from given
  on conflict (id, space) do update set owner = excluded.owner, cell = excluded.cell, code = excluded.code
  where (v.owner, v.cell, v.code) is distinct from (excluded.owner, excluded.cell, excluded.code)
  returning v.space, v.xmax = 0 as is_new)
update search_spaces s set added = added + n.count
from (select space, count(*) as count from written where is_new group by space) n where n.space = s.id`;

/** Writes by what tracks are compared, of rows that are there. Of one that has the place for itself. */
export async function writeVectors(client: Client, rows: readonly SearchRow[]): Promise<void> {
  const all = rows.flatMap(({ id, owner, vectors }) =>
    oneOfEach(vectors).map((vector) => ({ id, owner, vector })),
  );
  const spaces = await spacesFor(
    client,
    all.map(({ vector }) => vector),
  );
  const given: object[] = [];
  for (const { id, owner, vector } of all) {
    const space = spaces.find((each) => isOf(each, vector));
    if (!space) continue;
    const code = packVector(vector.vector);
    const { now } = await readCells(client, space);
    const cell = now ? space.firstCell + nearestCell(code, now) : 0;
    given.push({ id, space: space.id, owner, cell, code: code.toString("base64") });
  }
  const ids = z.array(z.string()).parse(rows.map(({ id }) => id));
  await client.query(write, [ids, JSON.stringify(given)]);
}

/** Of a fact that two results have the last one. */
function oneOfEach(vectors: readonly RowVector[]): RowVector[] {
  return [...new Map(vectors.map((vector) => [vector.fact.name, vector])).values()];
}

function isOf(space: SearchSpace, { fact, model, vector }: RowVector): boolean {
  return space.fact === fact.name && space.model === model && space.dimensions === vector.length;
}

async function spacesFor(client: Client, vectors: readonly RowVector[]): Promise<SearchSpace[]> {
  if (vectors.length === 0) return [];
  const known = await readSpaces(client);
  const added = vectors.filter((vector) => !known.some((space) => isOf(space, vector)));
  if (added.length === 0) return known;
  const wanted = added.map(({ fact, model, vector }) => ({
    ...{ fact: fact.name, kind: fact.kind, model, dimensions: vector.length },
  }));
  await client.query(addSpaces, [JSON.stringify(wanted)]);
  return readSpaces(client);
}
