// What the catalog sends to its database, counted by the database's own gate.
import { connect, migrate } from "@segue/catalog-db";
import { startPostgresServer } from "@segue/local-cloud";
import { sumOf } from "@segue/local-cloud/usage";
import { expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { createBackfillRows } from "./backfill/backfill-rows.ts";
import { acceptedFacts, outcomeFacts, pingFacts } from "./facts-of.ts";
import { accepted, at, chain, outcome, requested, trackId } from "./fixtures/chain.ts";
import { mergeFacts } from "./rows.ts";

test("a batch is two ways to the database and back, however much is in it, and one without a track is one", async () => {
  const server = await startPostgresServer({ host: "127.0.0.1", port: 0, dataDir: null });
  const pool = connect({
    connectionString: server.url,
    ...{ maxConnections: 1, connectTimeoutMs: 60_000, statementTimeoutMs: 120_000 },
    applicationName: "test",
    onIdleError() {},
  });
  await migrate(pool);
  const sent = async (work: () => Promise<unknown>) => {
    const before = sumOf(server.usage(), "sql_statements");
    await work();
    return sumOf(server.usage(), "sql_statements") - before;
  };
  const track = (n: number) => [
    acceptedFacts(accepted(n)),
    ...chain.steps.map(({ name }) => outcomeFacts(outcome(n, name))),
  ];
  const apply = (...facts: Parameters<typeof mergeFacts>[0]) => applyFacts(pool, chain, mergeFacts(facts));
  expect(await sent(() => apply(acceptedFacts(accepted(1))))).toBe(2);
  expect(await sent(() => apply(...[2, 3, 4].flatMap(track)))).toBe(2);
  const ping = {
    v: 1,
    type: "PingAnswered",
    pingId: trackId(9),
    step: "tempo",
    version: 1,
    worker: "w",
  } as const;
  expect(await sent(() => apply(pingFacts({ ...ping, at: at(0) })))).toBe(1);
  expect(await sent(() => apply())).toBe(0);
  // Single statements have no transaction around them.
  const rows = createBackfillRows(pool, chain);
  expect(await sent(() => rows.addActive(trackId(9), 1))).toBe(1);
  const item = { request: requested(1, { cause: "backfill", requestId: trackId(8) }), runs: {} };
  const begun = { cursor: null, complete: 0, quietMs: 1_000 };
  expect(await sent(() => rows.begin({ id: trackId(9), driver: "nobody" }, [item], begun))).toBe(3);
  await pool.end();
  await server.close();
}, 120_000);
