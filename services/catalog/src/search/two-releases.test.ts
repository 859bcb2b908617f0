// Catalogs that know other kinds make rows by turns, and what the one knows is found in the end.
import { type Pool, readSpaces } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, hint, ownKindOf } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, outcome, chain as shipped } from "../fixtures/chain.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { type Facts, mergeFacts } from "../rows.ts";
import { searchedKinds } from "./keep-facts.ts";
import { takeTurn } from "./take-turn.ts";

const facts = { lines: 7, mood: "glad", embedding: { model: "m1", vector: [1, 0, 0] } };
const Sung = defineKind({
  name: "sung",
  retention: "derivative",
  payload: null,
  facts: z.object({
    lines: z.number().meta(hint({ display: { as: "summary" } })),
    mood: z.string().meta(hint({ index: "keyword", display: { as: "summary" } })),
    embedding: z
      .object({ model: z.string(), vector: z.array(z.number()) })
      .optional()
      .meta(hint({ index: "vector" })),
  }),
});
const [pcm = expect.unreachable()] = shipped.kinds.filter(({ name }) => name === "pcm");
const chain = createChain([...shipped.steps, stepSpec("sung", [pcm], Sung)]);
const newer = searchedKinds(chain.kinds);
/** The same kind, of which less was searched for. */
const plain = { name: "sung", schema: { properties: { lines: { type: "integer" } } } };
const olderOnes = [
  ["does not know it", searchedKinds(shipped.kinds)],
  ["knows it by an earlier schema", searchedKinds([...shipped.kinds, plain])],
] as const;

describe.each(testDatabases)("search of two releases over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));

  const apply = (...all: Facts[]) => applyFacts(pool, chain, mergeFacts(all));
  const track = (n: number) =>
    acceptedFacts(accepted(n, { wants: chain.steps.map(({ name }) => name), targets: [...chain.targets] }));
  const sing = (n: number) => {
    const step = chain.steps.find(({ name }) => name === "sung") ?? expect.unreachable();
    const address = `f${n.toString(16).padStart(63, "0")}`;
    const result = { status: "succeeded", facts, payload: null } as const;
    return outcomeFacts({
      ...outcome(n, "tempo", { outcome: result }),
      ...{ step: "sung", version: step.version, kind: ownKindOf(step), address },
    });
  };
  const something = (n: number) =>
    outcomeFacts(
      outcome(n, "tempo", {
        outcome: {
          status: "succeeded",
          facts: { bpm: 90, confidence: 1, beatsSec: [], alternatives: [] },
          payload: null,
        },
      }),
    );
  const through = async (kinds: typeof newer) => {
    for (let more = true; more; ) more = (await takeTurn(pool, kinds))?.isMore ?? false;
  };
  /** Tracks whose facts are found, and those that have a vector. */
  const found = async () => {
    const { rows } = await pool.query<{ moods: string; vectors: string }>(
      `select count(*) filter (where shown ->> 'sung.mood' = 'glad' and shown ->> 'sung.lines' = '7') as moods,
         (select count(*) from search_vectors) as vectors from search_tracks`,
    );
    return [Number(rows[0]?.moods), Number(rows[0]?.vectors)];
  };

  test.each(olderOnes)(
    "a row that was made by a catalog that %s is made whole by one that does",
    async (_what, older) => {
      await through(older);
      await apply(track(1), sing(1));
      // The kind has just come, and the one catalog has not heard of it yet.
      await through(older);
      await through(newer);
      expect(await found()).toEqual([1, 1]);
      expect(await readSpaces(pool)).toHaveLength(1);
      // Something else happens to the track, and the other has its turn first.
      await apply(something(1));
      await through(older);
      await through(newer);
      expect(await found()).toEqual([1, 1]);
      const turn = await takeTurn(pool, newer);
      expect(turn).toMatchObject({ written: 0, isMore: false });
    },
  );

  test.each(olderOnes)(
    "where all tracks are gone through, and a part of that by a catalog that %s, nothing is lost",
    async (_what, older) => {
      const count = 250;
      await through(older);
      const many = Array.from({ length: count }, (_, i) => [track(i + 1), sing(i + 1)]);
      await apply(...many.flat());
      await through(newer);
      await pool.query("insert into search_rebuilds default values");
      await takeTurn(pool, older);
      await through(newer);
      expect(await found()).toEqual([count, count]);
      await pool.query("insert into search_rebuilds default values");
      await takeTurn(pool, newer);
      await through(older);
      await through(newer);
      expect(await found()).toEqual([count, count]);
    },
  );

  test("one that alone is left makes rows as it knows them, without end to it", async () => {
    const [, [, older]] = olderOnes;
    await apply(track(1), sing(1));
    await through(older);
    await through(newer);
    await apply(something(1));
    await through(older);
    expect(await takeTurn(pool, older)).toMatchObject({ written: 0, isMore: false });
    const { rows } = await pool.query("select kinds from search_lacking");
    expect(rows).toEqual([{ kinds: ["sung"] }]);
    expect(await found()).toEqual([0, 0]);
  });
});
