import { readHistory, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { accepted, chain, failed, outcome, trackId } from "./fixtures/chain.ts";
import { startTestPool, type TestPool } from "./fixtures/test-pool.ts";
import { mergeFacts } from "./rows.ts";

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  beforeAll(async () => {
    started = await startTestPool(kind);
  });
  afterAll(() => started[Symbol.asyncDispose]());

  test("several outputs are results of their own, and a failure is that of all", async () => {
    const { pool } = started;
    const [vowels, rest] = ["1".repeat(64), "2".repeat(64)];
    const several = { kind: "tempo", outputs: { vowels, rest } };
    const made = { vowels: { facts: { letters: 2 }, payload: null }, rest: { facts: {}, payload: null } };
    const told = outcome(61, "tempo", {
      ...several,
      outcome: { status: "succeeded", facts: null, payload: null, outputs: made },
    });
    const asked = { targets: ["vowels"], wants: ["tempo"] };
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(61, asked)), outcomeFacts(told)]));
    const track = await readTrack(pool, trackId(61));
    expect(track?.outcomes).toMatchObject([
      { step: "tempo", outputs: { vowels, rest }, address: told.address },
    ]);
    expect(track?.outcomes[0]?.results).toEqual([
      { kind: "rest", address: rest, facts: {}, payload: null },
      { kind: "vowels", address: vowels, facts: { letters: 2 }, payload: null },
    ]);
    expect((await readHistory(pool, trackId(61))).attempts).toMatchObject([{ outputs: { vowels, rest } }]);

    const bad = outcome(62, "tempo", {
      ...several,
      outputs: { vowels: "3".repeat(64), rest: "4".repeat(64) },
      ...failed(),
    });
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(62, asked)), outcomeFacts(bad)]));
    expect((await readTrack(pool, trackId(62)))?.state).toBe("failed");
    const { rows } = await pool.query("select kind, failed from artifacts where master = $1 order by kind", [
      bad.master,
    ]);
    expect(rows).toEqual([
      { kind: "rest", failed: true },
      { kind: "vowels", failed: true },
    ]);
  });
});
