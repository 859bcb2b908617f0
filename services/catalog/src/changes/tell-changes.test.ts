// Transactions that are committed in another order than they were begun in. The embedded database has one session, and so one at a time.
import { type Pool, readChanges, type StoredChange } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { defaultOwner } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, chain, outcome, trackId } from "../fixtures/chain.ts";
import { startTestPool, type TestPool } from "../fixtures/test-pool.ts";
import { mergeFacts } from "../rows.ts";
import { writeCatalog } from "../write-catalog.ts";
import { beginFeedAnewSql, stuckChange, tellChangesSql } from "./tell-changes.ts";

describe.each(testDatabases)("the feed over $name", (kind) => {
  const isMany = kind.name !== "embedded Postgres";
  if (!isMany)
    console.warn(
      `skipped over ${kind.name}: two tests of transactions side by side, of which it has one at a time`,
    );
  let started: TestPool;
  let pool: Pool;
  beforeAll(async () => {
    started = await startTestPool(kind, {
      ...{ maxConnections: 10, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 },
    });
    ({ pool } = started);
  });
  afterAll(() => started[Symbol.asyncDispose]());
  beforeEach(() => emptyTables(pool));

  const ours = { owner: defaultOwner, state: "processing" };
  const read = async (after = 0) => (await readChanges(pool, { after, limit: 1_000 })).changes;
  const numbersOf = (changes: readonly StoredChange[]) => changes.map(({ number }) => number);

  test.runIf(isMany)("a transaction that began first and is committed last is told last", async () => {
    const entered = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const slow = writeCatalog(pool, [trackId(1)], async (client) => {
      // It has a lower transaction id than whoever comes now.
      await client.query("insert into track_events values ($1, now(), 'stuck', '')", [trackId(1)]);
      entered.resolve();
      await left.promise;
      return { result: undefined, changes: [stuckChange(trackId(1), null, ours)] };
    });
    await entered.promise;
    await applyFacts(pool, chain, acceptedFacts(accepted(2)));
    const first = await read();
    expect(first).toMatchObject([{ number: 1, trackId: trackId(2) }]);
    left.resolve();
    await slow;
    expect(await read(1)).toMatchObject([{ number: 2, trackId: trackId(1), type: "track.stuck" }]);
  });

  test.runIf(isMany)(
    "while one has its numbers and is not committed, nobody else gets any, and what is rolled back leaves no gap",
    async () => {
      const client = await pool.connect();
      const change = stuckChange(trackId(1), null, ours);
      for (const end of ["rollback", "commit"]) {
        const known = await read();
        await client.query(`begin; ${tellChangesSql([change, change])}`);
        const other = applyFacts(pool, chain, acceptedFacts(accepted(end === "commit" ? 2 : 3)));
        const waiting = async () => {
          const { rows } = await client.query(
            "select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted",
          );
          return rows[0];
        };
        await expect.poll(waiting).toEqual({ count: 1 });
        expect(await read()).toEqual(known);
        await client.query(end);
        await other;
      }
      client.release();
      expect((await read()).map(({ number, trackId: track }) => [number, track])).toEqual([
        ...[[1, trackId(3)]],
        ...[2, 3].map((number) => [number, trackId(1)]),
        ...[[4, trackId(2)]],
      ]);
    },
  );

  test("a reader that follows several writers misses nothing and gets nothing twice", async () => {
    const tracks = Array.from({ length: 24 }, (_, n) => n + 1);
    const writers = [0, 1, 2, 3, 4, 5].map(async (writer) => {
      for (const n of tracks.filter((each) => each % 6 === writer)) {
        await applyFacts(pool, chain, acceptedFacts(accepted(n)));
        await Promise.all(
          chain.steps.map(({ name }) => applyFacts(pool, chain, outcomeFacts(outcome(n, name)))),
        );
      }
    });
    let isOver = false;
    const written = Promise.all(writers).finally(() => {
      isOver = true;
    });
    const followed: StoredChange[] = [];
    for (let last = false; !last; ) {
      last = isOver;
      followed.push(...(await read(followed.at(-1)?.number)));
    }
    await written;
    const all = tracks.length * (2 + chain.steps.length);
    expect(numbersOf(followed)).toEqual(Array.from({ length: all }, (_, index) => index + 1));
    expect(followed).toEqual(await read());
  });

  test("what a rebuild finds is not told, and one track's part is read by itself", async () => {
    await applyFacts(pool, chain, acceptedFacts(accepted(1)), { tells: false });
    expect(await read()).toEqual([]);
    await applyFacts(pool, chain, mergeFacts([2, 3].map((n) => acceptedFacts(accepted(n)))));
    const { changes, last } = await readChanges(pool, { after: 0, limit: 10, trackId: trackId(3) });
    expect(changes).toMatchObject([{ number: 2, trackId: trackId(3) }]);
    expect(last).toBe(2);
    const { epoch } = await readChanges(pool, { after: 0, limit: 1 });
    await pool.query(beginFeedAnewSql);
    expect((await readChanges(pool, { after: 0, limit: 1 })).epoch).not.toBe(epoch);
  });
});
