// By what tracks are compared: as a kind that nobody here knows gives it, from its facts to what is near by.
import {
  type Pool,
  readSpaces,
  type SearchCondition,
  type SimilarWanted,
  similarTracks,
} from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, hint } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, outcome, chain as shipped, trackId } from "../fixtures/chain.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { type Facts, mergeFacts } from "../rows.ts";
import { cutCells } from "./cells/cut-cells.ts";
import { searchedKinds } from "./keep-facts.ts";
import { takeTurn } from "./take-turn.ts";

const Timbre = defineKind({
  name: "timbre",
  retention: "derivative",
  payload: null,
  facts: z.object({
    bright: z.number(),
    embedding: z
      .object({ model: z.string(), vector: z.array(z.number()) })
      .optional()
      .meta(hint({ index: "vector" })),
  }),
});
const [pcm = expect.unreachable()] = shipped.kinds.filter(({ name }) => name === "pcm");
const chain = createChain([...shipped.steps, stepSpec("timbre", [pcm], Timbre)]);
const kinds = searchedKinds(chain.kinds);

describe.each(testDatabases)("similar tracks over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));

  const apply = (...facts: Facts[]) => applyFacts(pool, chain, mergeFacts(facts));
  const track = (n: number, owner = "default") => {
    const given = accepted(n);
    return acceptedFacts({
      ...given,
      request: { ...given.request, owner, wants: ["timbre"], targets: ["timbre"] },
    });
  };
  const heard = (n: number, vector: number[] | null, { model = "m1", sec = 1, bright = n } = {}) =>
    outcomeFacts(
      outcome(n, "tempo", {
        ...{ step: "timbre", kind: "timbre", version: sec, sec },
        address: (n * 1_000 + sec).toString(16).padStart(64, "0"),
        outcome: {
          status: "succeeded",
          facts: { bright, ...(vector ? { embedding: { model, vector } } : {}) },
          payload: null,
        },
      }),
    );
  const through = async () => {
    for (let more = true; more; ) more = (await takeTurn(pool, kinds))?.isMore ?? false;
  };
  const near = (n: number, changes: Partial<SimilarWanted> = {}) =>
    similarTracks(pool, {
      ...{ owner: "default", id: trackId(n), by: undefined, conditions: [], limit: 10 },
      ...changes,
    });
  const found = async (n: number, changes: Partial<SimilarWanted> = {}) => {
    const answer = await near(n, changes);
    if (answer.type !== "found") return answer.type;
    return answer.hits.map(({ id }) => Number.parseInt(id.slice(-12), 16));
  };
  const angle = (degrees: number) => [
    Math.cos((degrees * Math.PI) / 180),
    Math.sin((degrees * Math.PI) / 180),
  ];

  test("the most alike come first, by the angle alone, as tracks come, change and go", async () => {
    const angles = [0, 10, 90, 180, 5];
    await apply(
      ...angles.flatMap((degrees, n) => [
        track(n),
        heard(
          n,
          angle(degrees).map((x) => x * (n + 1)),
        ),
      ]),
    );
    await apply(track(8), heard(8, null), track(9));
    await through();
    expect(await found(0)).toEqual([4, 1, 2, 3]);
    expect(await found(0, { limit: 2 })).toEqual([4, 1]);
    const answer = await near(0);
    expect(answer).toMatchObject({ type: "found", fact: "timbre.embedding", model: "m1", isExact: true });
    const [first, , , last] = answer.type === "found" ? answer.hits : [];
    expect(first?.similarity).toBeCloseTo(Math.cos((5 * Math.PI) / 180), 2);
    expect(last?.similarity).toBeCloseTo(-1, 3);
    expect([await found(8), await found(9), await found(77)]).toEqual(["no-vector", "no-vector", "no-track"]);
    await apply(heard(3, angle(1), { sec: 20 }));
    await pool.query("delete from tracks where id = $1", [trackId(4)]);
    await pool.query("insert into search_rebuilds default values");
    await through();
    expect(await found(0)).toEqual([3, 1, 2]);
    const { rows } = await pool.query("select id from search_vectors where id = $1", [trackId(4)]);
    expect(rows).toEqual([]);
  });

  test("only vectors of one model and one length are compared; what a newer model gives replaces what was", async () => {
    await apply(
      ...[track(1), heard(1, [1, 0]), track(2), heard(2, [1, 0.1])],
      ...[track(3), heard(3, [1, 0], { model: "m2" }), track(4), heard(4, [1, 0, 0])],
    );
    await through();
    expect([await found(1), await found(3), await found(4)]).toEqual([[2], [], []]);
    await apply(heard(1, [1, 0], { model: "m2", sec: 20 }));
    await through();
    expect([await found(1), await found(2), await found(3)]).toEqual([[3], [], [1]]);
    expect(await found(1, { by: "timbre" })).toEqual([3]);
    expect(await found(1, { by: "timbre.embedding" })).toEqual([3]);
    expect(await found(1, { by: "tags" })).toBe("no-vector");
    expect(
      (await readSpaces(pool)).map(({ model, dimensions, added }) => [model, dimensions, added]).toSorted(),
    ).toEqual([
      ...[
        ["m1", 2, 2],
        ["m1", 3, 1],
        ["m2", 2, 2],
      ],
    ]);
  });

  test("nobody is near to another owner's track, with whatever filter; and filters hold", async () => {
    await apply(
      ...[1, 2, 3, 4].flatMap((n) => [track(n, n % 2 ? "acme" : "bert"), heard(n, [1, n / 100])]),
      ...[5, 6].flatMap((n) => [track(n, "acme"), heard(n, [1, n / 100])]),
    );
    await through();
    expect(await found(1, { owner: "acme" })).toEqual([3, 5, 6]);
    expect(await found(2, { owner: "bert" })).toEqual([4]);
    expect(await found(1, { owner: "bert" })).toBe("no-track");
    const { rows } = await pool.query(
      "select id, name, ranked, slot from search_facts where name = 'timbre.bright'",
    );
    const bright = { ...rows[0], kind: "timbre", index: "number", scored: false, display: {} };
    const range = (from: number): SearchCondition => ({
      type: "number",
      fact: bright,
      ranges: [{ from, to: 5 }],
    });
    expect(await found(1, { owner: "acme", conditions: [range(4)] })).toEqual([5]);
    expect(await found(1, { owner: "bert", conditions: [range(1)] })).toBe("no-track");
    expect(await found(2, { owner: "bert", conditions: [range(1)] })).toEqual([4]);
  });

  test("of many, cells are cut, tracks are moved into them a part at a time, and what is near is found all the while", async () => {
    const many = Array.from({ length: 120 }, (_, n) => n);
    const degrees = (n: number) => n * 3;
    await apply(...many.flatMap((n) => [track(n), heard(n, angle(degrees(n)))]));
    await through();
    const sizes = { large: 100, sample: 60, mostCells: 50, movedAtOnce: 50 };
    const closest = async (n: number) =>
      ((await found(n, { limit: 2, mostExact: 10 })) as number[]).toSorted();
    expect(await closest(60)).toEqual([59, 61]);
    expect(await cutCells(pool, { sizes })).toMatchObject({ isMore: true, cut: { cells: 11 } });
    const cells = async () => {
      const { rows } = await pool.query("select distinct cell from search_vectors order by cell");
      return rows.map(({ cell }) => cell as number);
    };
    expect(await cells()).toEqual([0]);
    for (let turns = 0; (await cutCells(pool, { sizes }))?.isMore; turns++) {
      expect(turns).toBeLessThan(10);
      // What comes meanwhile, and what changes, is there at once.
      if (turns === 0) await apply(track(200), heard(200, angle(180.5)), heard(1, angle(181), { sec: 20 }));
      await through();
      if (turns > 0) expect(await found(60, { limit: 3, mostExact: 10 })).toEqual([200, 1, 59]);
    }
    const first = await cells();
    expect(first.length).toBeGreaterThan(5);
    expect([Math.min(...first) >= 1, Math.max(...first) <= 11]).toEqual([true, true]);
    expect(await near(60, { mostExact: 10 })).toMatchObject({ isExact: false });
    // So few that they are all compared, in whatever cells they are.
    const { rows } = await pool.query(
      "select id, name, ranked, slot from search_facts where name = 'timbre.bright'",
    );
    const bright = { ...rows[0], kind: "timbre", index: "number", scored: false, display: {} };
    const narrow: SearchCondition = { type: "number", fact: bright, ranges: [{ from: 80, to: 85 }] };
    expect(await near(20, { mostExact: 10, conditions: [narrow] })).toMatchObject({ isExact: true });
    expect(await found(20, { mostExact: 10, limit: 2, conditions: [narrow] })).toEqual([85, 84]);
    for (const n of [20, 40, 90]) expect(await closest(n)).toEqual([n - 1, n + 1]);
    // Four times as many: once more, into others.
    await pool.query("update search_spaces set added = 600");
    while ((await cutCells(pool, { sizes }))?.isMore) expect(await closest(90)).toEqual([89, 91]);
    expect(Math.min(...(await cells()))).toBeGreaterThan(50);
    expect(await closest(90)).toEqual([89, 91]);
    expect(await cutCells(pool, { sizes })).toEqual({ isMore: false, cut: undefined });
  });
});
