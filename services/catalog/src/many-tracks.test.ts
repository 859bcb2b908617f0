import { testDatabases } from "@segue/catalog-db/testing";
import { expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts } from "./facts-of.ts";
import { accepted, chain } from "./fixtures/chain.ts";
import { startTestPool } from "./fixtures/test-pool.ts";
import { mergeFacts } from "./rows.ts";

/** As many messages as a batch may have. */
const most = 1_000;

test.each(testDatabases)(
  "on an $name, a batch of as many tracks as there may be has locks for all",
  async (kind) => {
    await using started = await startTestPool(kind, {
      ...{ maxConnections: 1, connectTimeoutMs: 60_000, statementTimeoutMs: 120_000 },
    });
    const { pool } = started;
    const all = Array.from({ length: most }, (_, n) => acceptedFacts(accepted(n + 1)));
    await applyFacts(pool, chain, mergeFacts(all), { limits: { statementMs: 0 } });
    const { rows } = await pool.query("select count(*)::int as count from tracks where state = 'accepted'");
    expect(rows).toEqual([{ count: most }]);
  },
  180_000,
);
