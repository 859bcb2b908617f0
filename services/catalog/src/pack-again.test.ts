import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Pool, readHistory, readTrack } from "@segue/catalog-db";
import { emptyTables, type TestDatabase, testDatabases } from "@segue/catalog-db/testing";
import { describeFetchRequest } from "@segue/chain";
import type { StepOutcome, TrackAccepted } from "@segue/contracts";
import { planCatalog } from "@segue/plan";
import { createLogger, createTelemetry } from "@segue/telemetry";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { createCatalogEvents } from "./events.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { applyUnpacked } from "./fixtures/apply-unpacked.ts";
import {
  accepted,
  at,
  chain,
  masterOf,
  names,
  outcome,
  trackId,
  withDrawing,
  withRendering,
} from "./fixtures/chain.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { holdPacking } from "./hold-packing.ts";
import { createProjector } from "./projector.ts";
import { createFactReader } from "./read-facts.ts";
import { packTracks, rederiveTracks } from "./rederive-tracks.ts";
import { type Facts, mergeFacts } from "./rows.ts";

const steps = chain.steps.map(({ name }) => name);

function done(n: number, changes: Partial<StepOutcome> = {}): Facts[] {
  return [acceptedFacts(accepted(n)), ...steps.map((step) => outcomeFacts(outcome(n, step, changes)))];
}

/** A track that names a source, and what its fetch has brought. */
function named(n: number): TrackAccepted {
  const asked = {
    requestId: trackId(n),
    trackId: trackId(n),
    targets: [...chain.targets],
    wants: [...steps],
  };
  const request = describeFetchRequest({ ...asked, cause: "submission", requestedAt: at(0) });
  return { ...accepted(n), v: 2, master: null, sizeBytes: null, source: "https://h.example/a", request };
}

function fetched(n: number, changes: Partial<StepOutcome> = {}): Facts {
  return outcomeFacts({
    ...outcome(n, "decode"),
    ...{ step: "fetch", version: 1, kind: "master", address: masterOf(n) },
    outcome: { status: "succeeded", facts: { sizeBytes: 7 }, payload: null },
    ...changes,
  });
}

describe.each(testDatabases)("on an $name", (kind) => {
  let pool: Pool;
  let database: TestDatabase;
  usePool(kind, (opened) => {
    ({ pool, database } = opened);
  });
  beforeEach(() => emptyTables(pool));

  const apply = (facts: readonly Facts[]) => applyFacts(pool, chain, mergeFacts(facts));
  const count = async (table: string) => (await pool.query(`select from ${table}`)).rowCount;

  test.each([
    ["is packed again", true],
    ["is put back", false],
  ])("of what is told otherwise the second time the first account holds, when it %s", async (_, isPacked) => {
    await apply(done(1));
    const before = await readHistory(pool, trackId(1));
    const track = accepted(1);
    const key = outcome(1, "key");
    await (isPacked ? apply : (facts: readonly Facts[]) => applyUnpacked(pool, facts))([
      acceptedFacts({ ...track, request: { ...track.request, owner: "other" } }),
      outcomeFacts({ ...key, attempt: { ...key.attempt, deliveryAttempt: 7 } }),
    ]);
    expect(await count("packed_tracks")).toBe(isPacked ? 1 : 0);
    const { attempts, ...history } = await readHistory(pool, trackId(1));
    expect({ ...history, attempts: new Set(attempts) }).toEqual({
      ...before,
      attempts: new Set(before.attempts),
    });
  });

  test("what is at rest and in the tables is packed when a catalog starts", async () => {
    await applyUnpacked(pool, done(1));
    await pool.query("insert into derivation (version) values (1000)");
    const log = createLogger({ service: "catalog", level: "silent" });
    const { signal } = new AbortController();
    // Not while another catalog is made anew.
    const packing = await holdPacking(pool);
    await rederiveTracks({ pool, chain, log, signal });
    expect(await count("packed_tracks")).toBe(0);
    await packing.end();
    await rederiveTracks({ pool, chain, log, signal });
    expect(await count("packed_tracks")).toBe(1);
  });

  test("a track that a younger release has packed is handed back alone", async () => {
    await apply(done(1));
    await pool.query("update packed_tracks set body = '\\x02'");
    const { log, meter } = createTelemetry({ service: "catalog", level: "silent" });
    const projector = createProjector({
      ...{
        pool,
        chain,
        log,
        events: createCatalogEvents(meter, log),
        reader: createFactReader(chain, names),
      },
      ...{ batchMs: 20, batchMessages: 100, holdMs: 60_000 },
    });
    const settled: string[] = [];
    for (const n of [1, 2, 3])
      projector.take({
        ...{ id: `m${n}`, attributes: {}, publishedAt: new Date(), topic: "tracks" },
        ...{ data: Buffer.from(JSON.stringify(accepted(n))), subscription: "test.tracks.catalog" },
        ack: () => void settled.push(`${n} acked`),
        nack: () => void settled.push(`${n} nacked`),
      });
    await expect.poll(() => settled.length).toBe(3);
    await projector.drain();
    expect(settled.toSorted()).toEqual(["1 nacked", "2 acked", "3 acked"]);
    expect(await count("packed_tracks")).toBe(1);
    expect(await readTrack(pool, trackId(3))).toMatchObject({ state: "accepted" });
  });

  test("an attempt whose request is not known is not put back beside its own", async () => {
    await apply(done(1));
    await applyUnpacked(pool, done(1, { requestId: null }));
    expect(await count("packed_tracks")).toBe(0);
    expect(await count("step_attempts")).toBe(steps.length);
    expect((await readHistory(pool, trackId(1))).attempts).toHaveLength(steps.length);
  });

  test("plans know what steps cost of attempts that a release before wrote, when they are packed", async () => {
    await applyUnpacked(pool, done(1));
    await pool.query("truncate step_costs");
    const forced = { force: ["key"], targets: ["key"] };
    const before = await planCatalog(pool, chain, forced);
    expect(before.cpuSec).toBe(2.7);
    await packTracks(pool, chain);
    expect(await count("step_attempts")).toBe(0);
    expect(await planCatalog(pool, chain, forced)).toEqual(before);
  });

  test("a track whose source was fetched leaves nothing in the tables", async () => {
    await apply([acceptedFacts(named(1)), fetched(1)]);
    await apply(done(1).slice(1));
    expect(await count("packed_tracks")).toBe(1);
    expect(await count("artifacts")).toBe(0);
    expect((await readTrack(pool, trackId(1)))?.outcomes[0]).toMatchObject({
      step: "fetch",
      results: [{ facts: { sizeBytes: 7 } }],
    });
    expect(await planCatalog(pool, chain)).toMatchObject({ masters: 1, complete: 1 });
  });

  test("a track whose fetch was heard of before it has its size, though its master is packed", async () => {
    await apply([acceptedFacts(named(1)), fetched(1), ...done(1).slice(1)]);
    await apply([fetched(1, { trackId: trackId(2), requestId: trackId(2) })]);
    await apply([outcomeFacts(outcome(1, "key"))]);
    expect(await count("artifacts")).toBe(0);
    await apply([acceptedFacts(named(2))]);
    expect(await readTrack(pool, trackId(2))).toMatchObject({ master: masterOf(1), sizeBytes: 7 });
  });

  test("a track that was asked for what is a rendering now leaves nothing in the tables", async () => {
    const wants = withDrawing.steps.map(({ name }) => name);
    const track = accepted(1);
    const asked = { ...track.request, wants, targets: [...withDrawing.targets] };
    const address = withRendering.addressesFor(masterOf(1)).get("waveform") ?? "";
    const waveform = { ...outcome(1, "tempo"), step: "waveform", kind: "waveform", address };
    const facts = [acceptedFacts({ ...track, request: asked }), ...done(1).slice(1), outcomeFacts(waveform)];
    await applyFacts(pool, withRendering, mergeFacts(facts));
    expect(await count("packed_tracks")).toBe(1);
    expect(await count("artifacts")).toBe(0);
  });

  test("who packs a master does not wait for who writes of it, and waits to pack it too", async () => {
    const told = (n: number, sec: number) => [
      acceptedFacts(accepted(1, { trackId: trackId(n) })),
      ...steps.map((step) =>
        outcomeFacts(outcome(1, step, { sec, trackId: trackId(n), requestId: trackId(n) })),
      ),
    ];
    const [first, later] = [told(1, 1), told(2, 9)];
    await apply([...first.slice(0, -1), ...later.slice(0, -2), ...later.slice(-1)]);
    await using slow = await openSlow(database.url);
    await Promise.all([
      applyFacts(slow.pool, chain, mergeFacts(later.slice(-2, -1))),
      slow.isWriting.then(() => apply(first.slice(-1))),
    ]);
    expect(await count("packed_tracks")).toBe(2);
    const { rows } = await pool.query(
      "select deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(rows).toEqual([{ deadlocks: "0" }]);
    const key = (await readTrack(pool, trackId(1)))?.outcomes.find(({ step }) => step === "key");
    expect(key?.results).toMatchObject([{ facts: { made: "key" } }]);
  });
});

/** A pool whose transactions stand still for a moment, when they have written what they were told. */
async function openSlow(connectionString: string) {
  const limits = { maxConnections: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 20_000 };
  const pool = connect({ ...limits, connectionString, applicationName: "slow", onIdleError() {} });
  const writing = Promise.withResolvers<void>();
  const client = await pool.connect();
  const query = client.query.bind(client) as (...values: unknown[]) => Promise<unknown>;
  let queries = 0;
  const slowly = async (...values: unknown[]) => {
    if (queries++ === 1) {
      writing.resolve();
      await sleep(500);
    }
    return await query(...values);
  };
  Object.assign(client, { query: slowly });
  client.release();
  return { pool, isWriting: writing.promise, [Symbol.asyncDispose]: () => pool.end() };
}
