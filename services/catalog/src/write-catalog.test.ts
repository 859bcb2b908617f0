// Several writers at once: the embedded database has one session, and so one writer.
import { type Pool, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { accepted, chain, outcome, trackId } from "./fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "./fixtures/shuffle.ts";
import { startTestPool, type TestPool } from "./fixtures/test-pool.ts";
import { mergeFacts } from "./rows.ts";
import { type Told, writeCatalog } from "./write-catalog.ts";

const servers = testDatabases.filter(({ name }) => name !== "embedded Postgres");

/** What a release before held while it wrote. */
const formerWriterLock = "select pg_advisory_xact_lock(1936158826)";

describe.each(servers)("on a $name", (kind) => {
  let started: TestPool;
  let pool: Pool;
  beforeAll(async () => {
    started = await startTestPool(kind, {
      ...{ maxConnections: 8, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 },
    });
    ({ pool } = started);
  });
  afterAll(() => started[Symbol.asyncDispose]());
  beforeEach(() => emptyTables(pool));

  /** Resolves with an end to the transaction, once it is under way. */
  const hold = async (begin: (work: () => Promise<Told<void>>) => Promise<void>) => {
    const entered = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const ended = begin(async () => {
      entered.resolve();
      await left.promise;
      return { result: undefined, changes: [] };
    });
    await entered.promise;
    return async () => {
      left.resolve();
      await ended;
    };
  };
  const waiting = async () => {
    const { rows } = await pool.query<{ count: number }>(
      "select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted",
    );
    return rows[0]?.count;
  };

  test("whoever writes of a track has it for itself, and others write of others meanwhile", async () => {
    const letGo = await hold((work) => writeCatalog(pool, [trackId(1)], work));
    await applyFacts(pool, chain, acceptedFacts(accepted(2)));
    expect(await readTrack(pool, trackId(2))).toBeDefined();
    const waits = applyFacts(
      pool,
      chain,
      mergeFacts([acceptedFacts(accepted(1)), acceptedFacts(accepted(3))]),
    );
    await expect.poll(waiting).toBe(1);
    expect(await readTrack(pool, trackId(3))).toBeUndefined();
    await letGo();
    await waits;
    expect(await readTrack(pool, trackId(1))).toBeDefined();
    expect(await readTrack(pool, trackId(3))).toBeDefined();
  });

  test("the one writer of a release before is waited for, and waits", async () => {
    const client = await pool.connect();
    await client.query("begin");
    await client.query(formerWriterLock);
    const waits = applyFacts(pool, chain, acceptedFacts(accepted(1)));
    await expect.poll(waiting).toBe(1);
    await client.query("commit");
    await waits;
    const letGo = await hold((work) => writeCatalog(pool, [trackId(1)], work));
    await client.query("begin");
    const former = client.query(formerWriterLock);
    await expect.poll(waiting).toBe(1);
    await letGo();
    await former;
    await client.query("commit");
    client.release();
  });

  test("several that write of the same tracks and masters, in orders of their own, come to the whole", async () => {
    const ids = Array.from({ length: 12 }, (_, n) => n + 1);
    // Of three tracks each, one master.
    const masterOf = (n: number) => accepted(1 + (n % 4)).master;
    const all = ids.flatMap((n) => [
      acceptedFacts(accepted(n, { master: masterOf(n) })),
      ...chain.steps.map(({ name, version }) =>
        outcomeFacts(
          outcome(n, name, { version, master: masterOf(n), address: outcome(1 + (n % 4), name).address }),
        ),
      ),
    ]);
    const writers = [1, 2, 3, 4, 5, 6].map(async (seed) => {
      const shuffled = shuffleWithDuplicates(all, seededRandom(seed));
      for (let from = 0; from < shuffled.length; from += 20)
        await applyFacts(pool, chain, mergeFacts(shuffled.slice(from, from + 20)));
    });
    await Promise.all(writers);
    const tracks = await Promise.all(ids.map((n) => readTrack(pool, trackId(n))));
    expect(tracks.map((track) => track?.state)).toEqual(ids.map(() => "done"));
    expect(tracks.map((track) => track?.outcomes.length)).toEqual(ids.map(() => chain.steps.length));
  });
});
