// Limits that a server keeps: the embedded database has none, for it runs statements where its one process does.
import { type Pool, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { createCatalogEvents } from "./events.ts";
import { acceptedFacts } from "./facts-of.ts";
import { accepted, chain, names, trackId } from "./fixtures/chain.ts";
import { startTestPool, type TestPool } from "./fixtures/test-pool.ts";
import { createProjector } from "./projector.ts";
import { createFactReader } from "./read-facts.ts";
import { writeCatalog } from "./write-catalog.ts";

const isEmbedded = ({ name }: (typeof testDatabases)[number]) => name === "embedded Postgres";

describe.skipIf(testDatabases.every(isEmbedded))("on a Postgres server", () => {
  let started: TestPool;
  let pool: Pool;
  beforeAll(async () => {
    const server = testDatabases.find((kind) => !isEmbedded(kind));
    if (!server) throw new Error("no Postgres server is installed");
    started = await startTestPool(server, {
      maxConnections: 4,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 30_000,
    });
    ({ pool } = started);
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
  });

  test("a catalog that stands still in the middle of a transaction does not hold up the others for ever", async () => {
    let hold: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      hold = resolve;
    });
    let isIn: () => void = () => {};
    const entered = new Promise<void>((resolve) => {
      isIn = resolve;
    });
    const frozen = writeCatalog(
      pool,
      [trackId(1)],
      async () => {
        isIn();
        await held;
        return { result: undefined, changes: [] };
      },
      { limits: { statementMs: 30_000, idleMs: 500 } },
    );
    await entered;
    await applyFacts(pool, chain, acceptedFacts(accepted(1)), { limits: { statementMs: 30_000 } });
    hold();
    await expect(frozen).rejects.toThrow();
    expect(await readTrack(pool, trackId(1))).toBeDefined();
  });

  /** Takes messages of tracks, and says what has become of each. */
  const project = (holdMs: number, statementMs: number) => {
    const { log, meter } = createTelemetry({ service: "catalog", level: "silent" });
    const projector = createProjector({
      pool,
      chain,
      reader: createFactReader(chain, names),
      log,
      events: createCatalogEvents(meter, log),
      batchMs: 20,
      batchMessages: 100,
      holdMs,
      limits: { statementMs },
    });
    const settled = new Map<number, string>();
    const take = (n: number) =>
      projector.take({
        id: `m${n}`,
        data: Buffer.from(JSON.stringify(accepted(n))),
        attributes: {},
        publishedAt: new Date(),
        topic: "tracks",
        subscription: "test.tracks.catalog",
        ack: () => void settled.set(n, "acked"),
        nack: () => void settled.set(n, "nacked"),
      });
    return { take, settled, drain: () => projector.drain() };
  };

  test("a batch that takes the database too long is stored in smaller ones, and nothing goes back", async () => {
    await pool.query(`
      create function dawdle() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.05); return new; end $$;
      create trigger dawdle before insert on tracks for each row execute function dawdle()`);
    const { take, settled, drain } = project(100_000, 1_000);
    const numbers = Array.from({ length: 60 }, (_, n) => n + 100);
    for (const n of numbers) take(n);
    await expect.poll(() => settled.size).toBe(60);
    expect(new Set(settled.values())).toEqual(new Set(["acked"]));
    for (const n of numbers) expect(await readTrack(pool, trackId(n))).toBeDefined();
    await drain();
    await pool.query("drop trigger dawdle on tracks");
  });

  test("a message that takes the database too long by itself lets the others of its batch go before, and goes back alone", async () => {
    await pool.query(`
      create function stand_still() returns trigger language plpgsql as
        $$ begin perform pg_sleep(20); return new; end $$;
      create trigger stand_still before insert on tracks for each row
        when (new.id = '${trackId(200)}') execute function stand_still()`);
    const { take, settled, drain } = project(8_000, 400);
    const others = [201, 202, 203, 204];
    for (const n of [200, ...others]) take(n);
    await expect.poll(() => settled.size).toBe(5);
    expect(Object.fromEntries(settled)).toEqual({
      ...Object.fromEntries(others.map((n) => [n, "acked"])),
      200: "nacked",
    });
    await drain();
    await pool.query("drop trigger stand_still on tracks");
  });
});
