import { connect, migrate, type Pool, readTrack } from "@segue/catalog-db";
import { countRowsRead, testDatabases } from "@segue/catalog-db/testing";
import { createLogger } from "@segue/telemetry";
import { expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { applyUnpacked } from "./fixtures/apply-unpacked.ts";
import { accepted, at, chain, failed, outcome, trackId } from "./fixtures/chain.ts";
import { startTestPool } from "./fixtures/test-pool.ts";
import { packTracks, rederiveTracks } from "./rederive-tracks.ts";
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

test.each(testDatabases)(
  "on an $name, tracks to be packed are found among many that are not at rest, a few rows in a statement",
  async (kind) => {
    await using started = await startTestPool(kind);
    const { pool } = started;
    const others = 6_000;
    await pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
       select ('018f0000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, repeat('a', 64), 1, 'upload', '{tempo}', '{decode,tempo}', now(),
         'failed' from generate_series(1, $1::int) i`,
      [others],
    );
    await pool.query(
      `insert into requests select id, id, 'submission', 'default', targets, wants, '{}', '{}', 'live', null, null, accepted_at from tracks`,
    );
    await applyUnpacked(pool, [acceptedFacts(accepted(1)), ...doneFacts(1)]);
    await pool.query("analyze");
    const counting = countReads(pool);
    await packTracks(counting.pool, chain);
    expect(counting.mostOfOne()).toBeLessThan(others / 2);
    const { rows } = await pool.query("select track_id from packed_tracks");
    expect(rows).toEqual([{ track_id: trackId(1) }]);
  },
);

function doneFacts(n: number) {
  return chain.steps.map(({ name }) => outcomeFacts(outcome(n, name)));
}

/** How many rows of tracks each statement reads. */
function countReads(pool: Pool) {
  const reads = () => countRowsRead(pool, "tracks", "requests");
  let most = 0;
  const query = async (text: string, values: unknown[]) => {
    const before = await reads();
    const result = await pool.query(text, values);
    most = Math.max(most, (await reads()) - before);
    return result;
  };
  const counted = new Proxy(pool, { get: (of, key) => (key === "query" ? query : Reflect.get(of, key, of)) });
  return { pool: counted, mostOfOne: () => most };
}
