import {
  countFacets,
  inTransaction,
  type Pool,
  readSearchFacts,
  type SearchCondition,
  type SearchFact,
  searchTracks,
  type WantedKeyword,
} from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { type IndexedValue, Pcm, Tags, Tempo } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { trackId } from "../fixtures/chain.ts";
import { usePool } from "../fixtures/test-pool.ts";
import type { SearchRow } from "./describe-row.ts";
import { keepFacts, searchedKinds } from "./keep-facts.ts";
import { writeRows } from "./write-rows.ts";

const kinds = searchedKinds([Pcm, Tempo, Tags]);

describe.each(testDatabases)("what was written over $name", (kind) => {
  let pool: Pool;
  let facts: readonly SearchFact[];
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));

  const write = async (...rows: Partial<SearchRow>[]) => {
    const whole = rows.map(
      (row, n): SearchRow => ({
        ...{ id: trackId(n), owner: "default", state: "done", acceptedAt: "2025-01-01T00:00:00.000Z" },
        ...{
          title: null,
          fileName: null,
          dice: n * 1_000,
          words: [],
          said: [],
          values: [],
          lacks: [],
          vectors: [],
          shown: {},
        },
        ...row,
      }),
    );
    await inTransaction(pool, { statementMs: 30_000 }, async (client) => {
      const { all } = await keepFacts(client, kinds);
      await writeRows(client, all, whole);
    });
    facts = await readSearchFacts(pool);
  };
  const fact = (name: string) => facts.find((each) => each.name === name) ?? expect.unreachable();
  const find = async (owner: string, ...conditions: SearchCondition[]) => {
    const order = { by: null, descending: false };
    const hits = await searchTracks(pool, { owner, conditions, order, behind: null, limit: 2_000 });
    return hits.map(({ id }) => Number.parseInt(id.slice(-12), 16));
  };
  const tags = (...any: WantedKeyword[]): SearchCondition => ({
    type: "keyword",
    fact: fact("tags.tags"),
    any,
  });
  const heard = (...keywords: { value: string; score: number | null }[]): IndexedValue[] => [
    { name: "tags.tags", keywords },
  ];
  const bpm = (number: number): IndexedValue => ({ name: "tempo.bpm", number });

  test("a word is found by any score that it has, on the edges of bands too", async () => {
    const scores = [0, 0.1, 0.29, 0.3, 0.57, 0.7, 0.95, 1];
    await write(...scores.map((score) => ({ values: heard({ value: "House", score }) })), {
      values: heard({ value: "house", score: null }),
    });
    for (const least of [0.1, 0.29, 0.3, 0.55, 0.57, 0.6, 0.7, 0.9, 0.95, 0.96, 1]) {
      const expected = scores.flatMap((score, n) => (score >= least ? [n] : []));
      expect([least, await find("default", tags({ value: "house", leastScore: least }))]).toEqual([
        least,
        expected,
      ]);
    }
    expect(await find("default", tags({ value: "HOUSE", leastScore: null }))).toHaveLength(9);
    expect(await find("default", tags({ value: "0:house", leastScore: null }))).toEqual([]);
    expect(await find("default", tags({ value: "house", leastScore: 1.5 }))).toEqual([]);
  });

  test("an owner finds their own alone, whatever is asked for", async () => {
    const row = { title: "a", words: ["a"], values: [bpm(120), ...heard({ value: "dub", score: 0.5 })] };
    await write({ ...row, owner: "acme" }, { ...row, owner: "bert" }, { ...row, owner: "acme" });
    const range: SearchCondition = {
      type: "number",
      fact: fact("tempo.bpm"),
      ranges: [{ from: 1, to: null }],
    };
    const either: SearchCondition = {
      ...range,
      ranges: [
        { from: 500, to: null },
        { from: 1, to: 200 },
      ],
    };
    const all: SearchCondition[] = [
      ...[range, either, tags({ value: "dub", leastScore: null }, { value: "dub", leastScore: 0.42 })],
      { type: "words", fact: null, words: ["a"] },
      { type: "state", states: ["done", "failed"] },
      { type: "accepted", from: null, before: null },
    ];
    for (const condition of all) {
      expect(await find("bert", condition)).toEqual([1]);
      expect(await find("acme", condition)).toEqual([0, 2]);
      expect(await find("default", condition)).toEqual([]);
    }
    const wanted = { owner: "bert", conditions: all, facts: [fact("tags.tags")], withStates: true, limit: 5 };
    expect(await countFacets(pool, wanted)).toEqual({
      ...{ tracks: 1, isExact: true, states: [{ value: "done", tracks: 1 }] },
      facts: { "tags.tags": [{ value: "dub", tracks: 1 }] },
    });
  });

  test("texts of facts are found by their fact, beginnings of the last word too, and what has no place is left out", async () => {
    const text = { name: "pcm.container", text: "Ogg Vorbis" } as const;
    await write({
      values: [text, { name: "nobody.knows", number: 5 }, { name: "tempo.confidence", number: 0.5 }],
    });
    const of = (name: string, ...words: string[]): SearchCondition => ({
      type: "words",
      fact: fact(name),
      words,
    });
    expect(await find("default", of("pcm.container", "ogg", "vor"))).toEqual([0]);
    expect(await find("default", of("pcm.container", "vor", "ogg"))).toEqual([]);
    expect(await find("default", of("pcm.codec", "ogg"))).toEqual([]);
    expect(await find("default", { type: "words", fact: null, words: ["ogg"] })).toEqual([]);
  });

  test("of many a sample is counted, and it is said so: shares are near what they are", async () => {
    const many = 1_000;
    const rows = Array.from({ length: many }, (_, n) => ({
      // At random, and the same each time.
      dice: ((n * 7_919) % many) * Math.floor(2 ** 31 / many),
      values: [bpm(100 + (n % 50)), ...heard({ value: n % 4 === 0 ? "rare" : "usual", score: 0.5 })],
    }));
    await write(...rows);
    const wanted = { owner: "default", facts: [fact("tags.tags")], withStates: false, limit: 5 };
    const exact = await countFacets(pool, { ...wanted, conditions: [] });
    expect(exact).toMatchObject({ tracks: many, isExact: true, states: null });
    expect(exact.facts["tags.tags"]).toEqual([
      { value: "usual", tracks: 750 },
      { value: "rare", tracks: 250 },
    ]);
    const range: SearchCondition = {
      type: "number",
      fact: fact("tempo.bpm"),
      ranges: [{ from: 100, to: 124 }],
    };
    const sampled = await countFacets(pool, { ...wanted, conditions: [range], mostCounted: 200 });
    expect(sampled.isExact).toBe(false);
    expect(Math.abs(sampled.tracks - many / 2)).toBeLessThan(50);
    const [usual] = sampled.facts["tags.tags"] ?? [];
    expect(usual?.value).toBe("usual");
    expect(Math.abs((usual?.tracks ?? 0) / sampled.tracks - 0.75)).toBeLessThan(0.1);
  });
});
