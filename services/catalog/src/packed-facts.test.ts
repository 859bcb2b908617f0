import { type Pool, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { accepted, chain, masterOf, outcome, trackId } from "./fixtures/chain.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { mergeFacts } from "./rows.ts";

const facts = {
  bpm: 120.5,
  beatsSec: Array.from({ length: 300 }, (_, n) => n / 8),
  curve: Array.from({ length: 20 }, (_, n) => ({ startSec: n * 15, bpm: 120.5, note: "a\u0000b" })),
};
const read = { ...facts, curve: facts.curve.map((point) => ({ ...point, note: "a\ufffdb" })) };

describe.each(testDatabases)("on an $name", (kind) => {
  let pool: Pool;
  usePool(kind, (opened) => {
    ({ pool } = opened);
  });
  const factsRead = async () => (await readTrack(pool, trackId(1)))?.outcomes[0]?.results[0]?.facts;

  test("bulky facts are packed, and read as they were; SQL reads the others", async () => {
    const told = outcome(1, "tempo", { outcome: { status: "succeeded", facts, payload: null } });
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(1)), outcomeFacts(told)]));
    expect(await factsRead()).toEqual(read);
    const { rows } = await pool.query("select facts, length(bulk) as bytes from artifacts");
    expect(rows).toEqual([{ facts: { bpm: 120.5 }, bytes: expect.any(Number) }]);
    expect(rows[0].bytes).toBeLessThan(500);
    // What is made again in their place has none.
    const again = outcome(1, "tempo", {
      sec: 9,
      outcome: { status: "succeeded", facts: { bpm: null }, payload: null },
    });
    await applyFacts(pool, chain, outcomeFacts(again));
    expect(await factsRead()).toEqual({ bpm: null });
  });

  test("what a catalog of the release before has written is read as it stands there", async () => {
    await pool.query("truncate artifacts");
    const { address } = outcome(1, "tempo");
    await pool.query(
      "insert into artifacts (address, kind, step, version, master, facts, seen_at) values ($1, 'tempo', 'tempo', 1, $3, $2, now())",
      [address, JSON.stringify(read), masterOf(1)],
    );
    expect(await factsRead()).toEqual(read);
    // Before the catalog has migrated.
    await pool.query("alter table artifacts rename column bulk to not_yet");
    expect(await factsRead()).toEqual(read);
    await pool.query("alter table artifacts rename column not_yet to bulk");
  });
});
