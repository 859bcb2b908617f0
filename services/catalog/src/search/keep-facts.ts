/** What can be searched for, kept where those who search find it: as the kinds of this catalog's chain say. */
import { createHash } from "node:crypto";
import { type Client, readSearchFacts, type SearchFact } from "@segue/catalog-db";
import {
  type IndexedFact,
  indexedFactsOf,
  type Kind,
  type VectorFact,
  vectorFactsOf,
} from "@segue/contracts";
import { z } from "zod";

/** Raise it when the same facts become other rows: tracks are then gone through again. */
const rowVersion = 3;
/** Numbers that have an index: as many as `search_tracks` has for them. */
const mostRanked = 16;
/** Of all kinds together. What comes after can't be searched for. */
const mostFacts = 1_000;

/** What is found in a kind's facts, and by which schema. */
export interface SearchedKind {
  readonly kind: string;
  readonly digest: string;
  readonly facts: readonly IndexedFact[];
  readonly vectors: readonly VectorFact[];
}

export function searchedKinds(kinds: readonly Pick<Kind, "name" | "schema">[]): SearchedKind[] {
  return kinds.map(({ name, schema }) => ({
    kind: name,
    digest: createHash("sha256")
      .update(JSON.stringify([rowVersion, schema]))
      .digest("hex"),
    facts: indexedFactsOf({ name, schema }),
    vectors: vectorFactsOf({ name, schema }),
  }));
}

export interface KeptFacts {
  readonly all: ReadonlyMap<string, SearchFact>;
  /** A kind is looked at otherwise than it was: its tracks are to be gone through. */
  readonly isNew: boolean;
  /** The kinds of which nobody has a later schema. */
  readonly latest: ReadonlySet<string>;
  /** There are rows that something was left out of: as a rule there are none, and nobody asks for them. */
  readonly areLacking: boolean;
}

const noteKinds = `
with given as (select * from jsonb_to_recordset($1::jsonb) as x(kind text, digest text)),
known as (select distinct k.kind from search_kinds k join given g using (kind)),
added as (
  insert into search_kinds select kind, digest from given on conflict do nothing returning kind)
select exists (select from added a join known using (kind)) as "isNew", exists (select from added) as "isAny",
  exists (select from search_lacking) as "areLacking",
  array(select g.kind from given g where not exists (
    select from search_kinds own join search_kinds later on later.kind = own.kind and later.number > own.number
    where own.kind = g.kind and own.digest = g.digest)) as latest`;

const Noted = z.tuple([
  z.object({ isNew: z.boolean(), isAny: z.boolean(), areLacking: z.boolean(), latest: z.array(z.string()) }),
]);

/**
 * Of one that has the place for itself. While catalogs of two releases run, each has its own schemas: one that was seen before has nothing gone through again, so
 * that they do not do it by turns. What the one makes that knows less is noted with the row, and made anew by the other.
 */
export async function keepFacts(client: Client, kinds: readonly SearchedKind[]): Promise<KeptFacts> {
  const digests = kinds.map(({ kind, digest }) => ({ kind, digest }));
  const { rows } = await client.query(noteKinds, [JSON.stringify(digests)]);
  const [{ isNew, isAny, areLacking, latest }] = Noted.parse(rows);
  const before = await readSearchFacts(client);
  const kept = isAny
    ? await addFacts(
        client,
        before,
        kinds.flatMap(({ facts }) => facts),
      )
    : before;
  const all = new Map(kept.map((fact) => [fact.name, fact]));
  return { all, isNew, latest: new Set(latest), areLacking };
}

const write = `
insert into search_facts (id, name, kind, index, scored, display, ranked, slot)
select id, name, kind, index, scored, display, ranked, slot
from jsonb_to_recordset($1::jsonb) as x(id smallint, name text, kind text, index text, scored boolean, display jsonb, ranked smallint, slot smallint)
on conflict (id) do update set index = excluded.index, scored = excluded.scored, display = excluded.display,
  ranked = excluded.ranked, slot = excluded.slot`;

async function addFacts(
  client: Client,
  before: readonly SearchFact[],
  wanted: readonly IndexedFact[],
): Promise<SearchFact[]> {
  const kept = new Map(before.map((fact) => [fact.name, fact]));
  const next = (of: "id" | "ranked" | "slot") =>
    Math.max(0, ...[...kept.values()].map((fact) => fact[of] ?? 0)) + 1;
  const changed: SearchFact[] = [];
  for (const { name, kind, index, display, item } of wanted) {
    const known = kept.get(name);
    if (!known && kept.size >= mostFacts) continue;
    const place = known?.index === index ? known : placeFor(index, isShown(display.as), next);
    const fact: SearchFact = {
      ...{ id: known?.id ?? next("id"), name, kind, index, scored: item?.score != null, display },
      ...{ ranked: place.ranked, slot: place.slot },
    };
    kept.set(name, fact);
    changed.push(fact);
  }
  if (changed.length > 0) await client.query(write, [JSON.stringify(changed)]);
  return [...kept.values()].toSorted((a, b) => a.id - b.id);
}

/** What a kind shows of itself is what is asked for most. */
function isShown(place: string | undefined): boolean {
  return place === "summary" || place === "aside" || place === "detail";
}

function placeFor(
  index: SearchFact["index"],
  shown: boolean,
  next: (of: "ranked" | "slot") => number,
): Pick<SearchFact, "ranked" | "slot"> {
  if (index !== "number") return { ranked: null, slot: null };
  const ranked = next("ranked");
  return shown && ranked <= mostRanked ? { ranked, slot: null } : { ranked: null, slot: next("slot") };
}
