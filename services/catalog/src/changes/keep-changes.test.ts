import { type Pool, readChanges } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts } from "../facts-of.ts";
import { accepted, chain, trackId } from "../fixtures/chain.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { forgetChanges } from "./keep-changes.ts";

const dayMs = 86_400_000;

describe.each(testDatabases)("how long changes are kept over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));

  const accept = (n: number) => applyFacts(pool, chain, acceptedFacts(accepted(n)));
  const read = () => readChanges(pool, { after: 0, limit: 10 });

  test("the old ones go, it is noted which, and numbers go on where they were when none is left", async () => {
    const { last } = await read();
    for (const n of [1, 2, 3]) await accept(n);
    await pool.query("update changes set at = now() - interval '3 days' where number <= $1", [last + 2]);
    const inMs = await forgetChanges(pool, 2 * dayMs);
    expect(inMs).toBeGreaterThan(2 * dayMs - 60_000);
    expect(inMs).toBeLessThanOrEqual(2 * dayMs);
    expect(await read()).toMatchObject({
      ...{ goneThrough: last + 2, last: last + 3 },
      changes: [{ number: last + 3, trackId: trackId(3) }],
    });
    await pool.query("update changes set at = now() - interval '3 days'");
    expect(await forgetChanges(pool, 2 * dayMs)).toBeNull();
    expect(await read()).toMatchObject({ goneThrough: last + 3, last: last + 3, changes: [] });
    await accept(4);
    expect((await read()).changes.map(({ number }) => number)).toEqual([last + 4]);
  });
});
