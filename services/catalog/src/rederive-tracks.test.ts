import { connect, migrate, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createLogger } from "@segue/telemetry";
import { expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { accepted, at, chain, failed, outcome, trackId } from "./fixtures/chain.ts";
import { rederiveTracks } from "./rederive-tracks.ts";
import { mergeFacts } from "./rows.ts";

test.each(testDatabases)(
  "on an $name, what a release before derived otherwise is derived anew",
  async ({ start }) => {
    await using database = await start();
    const pool = connect({
      connectionString: database.url,
      maxConnections: 2,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 10_000,
      applicationName: "test",
      onIdleError() {},
    });
    await migrate(pool);
    const numbers = Array.from({ length: 120 }, (_, n) => n + 1);
    const upgrade = { sec: 900, version: 2, ...failed() };
    const facts = numbers.flatMap((n) => [
      acceptedFacts(accepted(n)),
      ...chain.steps.map(({ name }) => outcomeFacts(outcome(n, name, { sec: 2 }))),
      outcomeFacts(outcome(n, "tempo", { ...upgrade, address: n.toString(16).padStart(64, "f") })),
    ]);
    await applyFacts(pool, chain, mergeFacts(facts));
    // As it was: the failed upgrade stood for the step, and the latest attempt for the end.
    await pool.query("update tracks set state = 'partial', finished_at = $1", [at(900)]);
    await pool.query(
      `update step_outcomes set status = 'failed', version = 2, failed_upgrade = null, error_code = 'not-audio',
       error_message = 'x' where step = 'tempo'`,
    );
    const { signal } = new AbortController();
    const log = createLogger({ service: "catalog", level: "silent" });
    await rederiveTracks({ pool, chain, log, signal });
    for (const n of numbers) {
      const track = await readTrack(pool, trackId(n));
      expect(track).toMatchObject({ state: "done", finishedAt: at(2) });
      const tempo = track?.outcomes.find(({ step }) => step === "tempo");
      expect(tempo).toMatchObject({
        status: "succeeded",
        version: 1,
        error: null,
        failedUpgrade: { version: 2 },
      });
    }
    await pool.end();
  },
  180_000,
);
