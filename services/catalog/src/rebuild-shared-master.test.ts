import { type Pool, readHistory } from "@segue/catalog-db";
import { countRowsRead, emptyTables, testDatabases } from "@segue/catalog-db/testing";
import type { ArtifactRecord } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts } from "./facts-of.ts";
import { accepted, chain, masterOf, outcome, trackId } from "./fixtures/chain.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { readEarlierVersions } from "./rebuild-earlier-versions.ts";
import { type Facts, mergeFacts } from "./rows.ts";

const few = 3;
const many = 450;
/** Where a version from before has left what it made of a master. */
const addressOf = (n: number) => String(n).repeat(64);

function recordOf(n: number): ArtifactRecord {
  const { kind, outcome: made, attempt } = outcome(1, "decode");
  const step = { name: "decode", version: 1 };
  return {
    ...{ v: 1, address: addressOf(n), kind, step, inputs: { master: masterOf(n) } },
    outcome: made,
    attempt,
  };
}

describe.each(testDatabases)("on an $name, tracks that share a master", (kind) => {
  let pool: Pool;
  usePool(kind, (opened) => {
    pool = opened.pool;
  });
  beforeEach(async () => {
    await emptyTables(pool);
    const sharing = Array.from({ length: many }, (_, n) => accepted(1_000 + n, { master: masterOf(1) }));
    const others = Array.from({ length: few }, (_, n) => accepted(n, { master: masterOf(2) }));
    await applyFacts(pool, chain, mergeFacts([...sharing, ...others].map(acceptedFacts)));
  }, 120_000);

  const options = () => ({
    pool,
    readRecord: async (address: string) => [1, 2].map(recordOf).find((record) => record.address === address),
  });
  const readAll = async (...addresses: string[]) => {
    const parts: Facts[] = [];
    for await (const facts of readEarlierVersions(options(), addresses)) parts.push(facts);
    return parts;
  };

  test("are told of a version from before some at a time, however many there are", async () => {
    const parts = await readAll(addressOf(1), addressOf(2));
    for (const { attempts } of parts) expect(attempts.length).toBeLessThanOrEqual(200);
    const told = parts.flatMap(({ attempts }) => attempts.map((row) => row.track_id));
    expect(told).toHaveLength(many + few);
    expect(new Set(told).size).toBe(many + few);
    for (const facts of parts) await applyFacts(pool, chain, facts, { tells: false });
    expect((await readHistory(pool, trackId(1_000 + many - 1))).attempts).toMatchObject([{ step: "decode" }]);
    expect(await readAll(addressOf(1), addressOf(2))).toEqual([]);
  });

  test("are all told when it is done once more after one that has died in between", async () => {
    const [first] = await readAll(addressOf(1));
    if (!first) throw new Error("expected facts");
    await applyFacts(pool, chain, first, { tells: false });
    for (const facts of await readAll(addressOf(1))) await applyFacts(pool, chain, facts, { tells: false });
    for (const n of [0, many - 1])
      expect((await readHistory(pool, trackId(1_000 + n))).attempts).toMatchObject([{ step: "decode" }]);
  });

  test("are found without a walk over those of other masters", async () => {
    const others = 5_000;
    await pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
       select gen_random_uuid(), encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), 1, 'upload', '{}', '{}', now(), 'done'
       from generate_series(1, $1) n`,
      [others],
    );
    await pool.query("analyze");
    const before = await countRowsRead(pool, "tracks");
    expect((await readAll(addressOf(2))).flatMap(({ attempts }) => attempts)).toHaveLength(few);
    expect((await countRowsRead(pool, "tracks")) - before).toBeLessThan(others / 10);
  }, 120_000);
});
