// Limits that a server keeps: the embedded database has one session, and room for its locks.
import { testDatabases } from "@segue/catalog-db/testing";
import { catalogConsumer } from "@segue/chain";
import { createTelemetry } from "@segue/telemetry";
import { describe, expect, test } from "vitest";
import { createCatalogEvents } from "./events.ts";
import { accepted, chain, names } from "./fixtures/chain.ts";
import { startTestPool } from "./fixtures/test-pool.ts";
import { createProjector } from "./projector.ts";
import { createFactReader } from "./read-facts.ts";

const isEmbedded = ({ name }: (typeof testDatabases)[number]) => name === "embedded Postgres";
/** As small as Postgres allows: each track that a transaction writes of is a lock. */
const settings = {
  max_connections: 8,
  max_locks_per_transaction: 10,
  max_wal_senders: 0,
  max_worker_processes: 1,
  autovacuum_max_workers: 1,
};

describe.skipIf(testDatabases.every(isEmbedded))("on a Postgres server", () => {
  test("a batch of more tracks than it has room for locks is written in parts", async () => {
    const server = testDatabases.find((kind) => !isEmbedded(kind));
    if (!server) throw new Error("no Postgres server is installed");
    await using started = await startTestPool(server);
    const { pool, database } = started;
    for (const [name, value] of Object.entries(settings))
      await pool.query(`alter system set ${name} = ${value}`);
    await database.goAway();
    await database.comeBack();
    const { log, meter } = createTelemetry({ service: "catalog", level: "silent" });
    const projector = createProjector({
      ...{
        pool,
        chain,
        log,
        reader: createFactReader(chain, names),
        events: createCatalogEvents(meter, log),
      },
      ...{ batchMs: 20, batchMessages: 1_000, holdMs: 50_000, limits: { statementMs: 60_000 } },
    });
    const count = 1_000;
    const ends: string[] = [];
    for (let n = 0; n < count; n++)
      projector.take({
        ...{ id: String(n), topic: "tracks", subscription: names.subscription("tracks", catalogConsumer) },
        ...{ data: Buffer.from(JSON.stringify(accepted(n))), attributes: {}, publishedAt: new Date() },
        ack: () => void ends.push("ack"),
        nack: () => void ends.push("nack"),
      });
    await expect.poll(() => ends.length, { timeout: 100_000 }).toBe(count);
    await projector.drain();
    expect(new Set(ends)).toEqual(new Set(["ack"]));
    const { rows } = await pool.query("select count(*)::int as count from tracks");
    expect(rows).toEqual([{ count }]);
  }, 180_000);
});
