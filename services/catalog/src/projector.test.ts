import { type Pool, readHistory, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { catalogConsumer } from "@segue/chain";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCatalogEvents } from "./events.ts";
import { accepted, chain, names, outcome, trackId } from "./fixtures/chain.ts";
import { startTestPool, type TestPool } from "./fixtures/test-pool.ts";
import { createProjector, type Delivery } from "./projector.ts";
import { createFactReader } from "./read-facts.ts";

/** A message whose lease is watched instead of kept by a queue. */
function deliver(topic: string, json: unknown, id = "m"): Delivery & { state: "held" | "acked" | "nacked" } {
  const delivery = {
    id,
    data: Buffer.from(JSON.stringify(json)),
    attributes: {},
    publishedAt: new Date(),
    topic,
    subscription: names.subscription(topic, catalogConsumer),
    state: "held" as "held" | "acked" | "nacked",
    ack() {
      expect(delivery.state).toBe("held");
      delivery.state = "acked";
    },
    nack() {
      expect(delivery.state).toBe("held");
      delivery.state = "nacked";
    },
  };
  return delivery;
}

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  let pool: Pool;
  beforeAll(async () => {
    started = await startTestPool(kind, {
      maxConnections: 2,
      connectTimeoutMs: 2_000,
      statementTimeoutMs: 10_000,
    });
    ({ pool } = started);
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
  });

  const { log, meter, collectMetrics } = createTelemetry({ service: "catalog", level: "silent" });
  const events = createCatalogEvents(meter, log);
  const create = (holdMs: number) =>
    createProjector({
      pool,
      chain,
      reader: createFactReader(chain, names),
      log,
      events,
      batchMs: 20,
      batchMessages: 100,
      holdMs,
    });

  test("messages are acked once their rows are committed", async () => {
    const projector = create(10_000);
    const deliveries = [
      deliver("outcomes", outcome(1, "decode")),
      deliver("tracks", accepted(1)),
      deliver("tracks", "nonsense", "bad"),
    ];
    for (const delivery of deliveries) projector.take(delivery);
    expect(deliveries.map((delivery) => delivery.state)).toEqual(["held", "held", "held"]);
    await expect.poll(() => deliveries.every((each) => each.state === "acked")).toBe(true);
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "processing" });
    const measured = await collectMetrics();
    expect(measured).toMatch(/^segue_projected_tracks_total\{.*\} 1$/m);
    expect(measured).toMatch(
      /^segue_projected_outcomes_total\{step="decode",status="succeeded",how="computed",.*\} 1$/m,
    );
    expect(measured).toMatch(/^segue_dead_letters_total\{step="none",code="malformed-message",.*\} 1$/m);
    expect(measured).toMatch(/^segue_projection_lag_seconds_count\{topic="tracks",.*\} 2$/m);
    const { rows } = await pool.query(
      "select message_id, convert_from(data, 'UTF8') as data from dead_letters",
    );
    expect(rows).toEqual([{ message_id: "bad", data: '"nonsense"' }]);
    await projector.drain();
  });

  test("a failure whose code is of a younger release, or a step's own, is told with the words that it came with", async () => {
    await emptyTables(pool);
    const projector = create(10_000);
    const error = { code: "drm-protected", message: "enca", family: "permanent", meaning: "M", remedy: "R" };
    const told = { ...outcome(9, "decode"), outcome: { status: "failed", error } };
    const deliveries = [deliver("tracks", accepted(9)), deliver("outcomes", told)];
    for (const delivery of deliveries) projector.take(delivery);
    await projector.drain();
    expect(deliveries.map(({ state }) => state)).toEqual(["acked", "acked"]);
    const track = await readTrack(pool, trackId(9));
    expect(track?.outcomes.find(({ step }) => step === "decode")?.error).toEqual(error);
    const { attempts, deadLetters } = await readHistory(pool, trackId(9));
    expect(attempts).toMatchObject([{ status: "failed", error }]);
    expect(deadLetters).toEqual([]);
  });

  test("what only a younger catalog can read goes back to the queue, and is told of where nobody gives up", async () => {
    await pool.query("truncate dead_letters");
    const projector = create(10_000);
    const erased = { v: 1, type: "TrackErased", trackId: trackId(1) };
    const ended = { ...outcome(1, "decode"), outcome: { status: "superseded" } };
    const young = [deliver("tracks", erased), deliver("outcomes", ended), deliver("outcomes", { v: 2 })];
    const given = { ...deliver("dead-letter", { v: 2 }, "given-up") };
    for (const delivery of [...young, given]) projector.take(delivery);
    await projector.drain();
    expect(young.map(({ state }) => state)).toEqual(["nacked", "nacked", "nacked"]);
    const { rows } = await pool.query("select message_id from dead_letters");
    expect(rows).toEqual([{ message_id: "given-up" }]);
  });

  test("a message that the database refuses is set aside, and its neighbours are not", async () => {
    const projector = create(10_000);
    // A version that no integer column holds; the schemas let it pass.
    const poison = deliver("outcomes", outcome(2, "decode", { version: 2 ** 40 }), "poison");
    const others = [
      deliver("tracks", accepted(2)),
      deliver("outcomes", outcome(2, "tempo")),
      deliver("tracks", accepted(3)),
    ];
    for (const delivery of [others[0], poison, others[1], others[2]]) if (delivery) projector.take(delivery);
    await projector.drain();
    expect([poison, ...others].map((delivery) => delivery.state)).toEqual([
      "acked",
      "acked",
      "acked",
      "acked",
    ]);
    const { rows } = await pool.query(
      "select error_code, error_message from dead_letters where message_id = 'poison'",
    );
    expect(rows).toMatchObject([
      { error_code: "malformed-message", error_message: expect.stringContaining("integer") },
    ]);
    expect((await readTrack(pool, trackId(2)))?.outcomes.map((row) => row.step)).toEqual(["tempo"]);
    expect(await readTrack(pool, trackId(3))).toBeDefined();
  });

  test("a message of a track for which nothing can be derived is set aside, and its neighbours are not", async () => {
    const projector = create(10_000);
    const [known, other] = [deliver("tracks", accepted(6)), deliver("tracks", accepted(7))];
    projector.take(known);
    await expect.poll(() => known.state).toBe("acked");
    // As another release may have written it.
    await pool.query('update requests set versions = \'{"decode": "latest"}\' where track_id = $1', [
      trackId(6),
    ]);
    const poison = deliver("outcomes", outcome(6, "decode"), "underivable");
    for (const delivery of [poison, other]) projector.take(delivery);
    await projector.drain();
    expect([poison, other].map(({ state }) => state)).toEqual(["acked", "acked"]);
    expect(await readTrack(pool, trackId(7))).toBeDefined();
    const { rows } = await pool.query("select error_code from dead_letters where message_id = 'underivable'");
    expect(rows).toEqual([{ error_code: "malformed-message" }]);
  });

  test("while the database is away messages are held, and committed when it is back", async () => {
    const projector = create(30_000);
    await started.database.goAway();
    const delivery = deliver("tracks", accepted(4));
    projector.take(delivery);
    await expect.poll(() => projector.trouble()).toContain("does not answer");
    expect(delivery.state).toBe("held");
    await started.database.comeBack();
    await expect.poll(() => delivery.state).toBe("acked");
    expect(projector.trouble()).toBeUndefined();
    expect(await readTrack(pool, trackId(4))).toBeDefined();
    await projector.drain();
  });

  test("what can't be committed in time, or before a drain ends, goes back to the queue", async () => {
    await started.database.goAway();
    const impatient = create(0);
    const tooLate = deliver("tracks", accepted(5));
    impatient.take(tooLate);
    await expect.poll(() => tooLate.state).toBe("nacked");
    const draining = create(30_000);
    const drained = deliver("tracks", accepted(5));
    draining.take(drained);
    await draining.drain();
    expect(drained.state).toBe("nacked");
    await started.database.comeBack();
    expect(await readTrack(pool, trackId(5))).toBeUndefined();
  });
});
