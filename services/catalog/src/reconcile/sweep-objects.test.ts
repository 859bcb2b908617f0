import { createHash } from "node:crypto";
import { createBackfillObjects, createRequestObjects } from "@segue/artifacts";
import { readBackfills, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createId, requestObjectName, type TrackAccepted, trackObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, chain, names, outcome, requested } from "../fixtures/chain.ts";
import { startTestPool, type TestPool } from "../fixtures/test-pool.ts";
import { startTestStorage, type TestStorage } from "../fixtures/test-storage.ts";
import { mergeFacts } from "../rows.ts";
import type { Spent } from "../spent-intermediates.ts";
import { createSweep } from "./create-sweep.ts";
import type { IntroduceOptions } from "./introduce-objects.ts";
import { sweepObjects } from "./sweep-objects.ts";
import { createWatches } from "./watches.ts";

const pace = { quietMs: 1_000, restMs: () => 1_000 };
const startMs = Date.UTC(2026, 0, 1);
const instant = (ms: number) => new Date(startMs + ms);

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  let storage: TestStorage;
  let store: ObjectStore;
  let options: IntroduceOptions;
  beforeAll(async () => {
    started = await startTestPool(kind);
    storage = await startTestStorage(["records"]);
    store = storage.store;
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const { pool } = started;
    const watches = createWatches(pool);
    options = { store, pool, watches, chain, names, log, onEvent() {}, now: () => new Date() };
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });
  const bucket = names.bucket("records");
  beforeEach(async () => {
    for await (const { name } of store.walkObjects({ bucket, prefix: "" }))
      await store.deleteObject({ bucket, name });
    await emptyTables(started.pool);
  });

  async function write(name: string, json: object): Promise<void> {
    await store.writeObject({ bucket, name, body: Buffer.from(JSON.stringify(json)), createOnly: true });
  }
  async function submit(ms: number): Promise<TrackAccepted> {
    const track = accepted(1, {
      trackId: createId(instant(ms)),
      acceptedAt: instant(ms).toISOString(),
    });
    await write(trackObjectName(track.trackId), track);
    return track;
  }
  const replay = (track: TrackAccepted, ms: number) =>
    requested(1, {
      trackId: track.trackId,
      requestId: createId(instant(ms)),
      cause: "replay",
      targets: [],
      force: ["tempo"],
      requestedAt: instant(ms).toISOString(),
    });
  const knownTracks = async () => {
    const { rows } = await started.pool.query("select id from tracks order by id");
    return rows.map(({ id }) => id);
  };

  test("a replay that nobody was told of is looked after, once", async () => {
    const track = await submit(0);
    await applyFacts(started.pool, chain, acceptedFacts(track));
    const lost = replay(track, 5_000);
    await createRequestObjects(store, names).create(lost);
    const span = { from: instant(4_000), to: instant(60_000) };
    for (let times = 0; times < 2; times++)
      expect((await sweepObjects(options, span)).reached).toEqual(span.to);
    const found = await readTrack(started.pool, track.trackId);
    expect(found?.requests.map(({ id, cause }) => [id, cause])).toEqual([
      [track.trackId, "submission"],
      [lost.requestId, "replay"],
    ]);
    const { rows: watched } = await started.pool.query("select request_id from replay_watches");
    expect(watched).toEqual([{ request_id: lost.requestId }]);
    const { rows: events } = await started.pool.query("select kind, detail from track_events");
    expect(events).toEqual([
      { kind: "found-in-storage", detail: expect.stringContaining("the replay that was asked for at") },
    ]);
  });

  test("a track that is found after all its steps have ended is at rest then", async () => {
    const track = await submit(0);
    const { trackId } = track;
    const done = track.request.wants.map((step) => outcomeFacts({ ...outcome(1, step), trackId }));
    await applyFacts(started.pool, chain, mergeFacts(done));
    const spent: Spent[] = [];
    const listening = { ...options, onSpent: (some: readonly Spent[]) => void spent.push(...some) };
    await sweepObjects(listening, { from: instant(0), to: instant(60_000) });
    expect((await readTrack(started.pool, trackId))?.state).toBe("done");
    expect(spent).toHaveLength(2);
  });

  test("a backfill that nobody was told of is, with how it was steered", async () => {
    const backfillId = createId(instant(1_000));
    const objects = createBackfillObjects(store, names);
    const selection = { trackId: null, acceptedSince: null, state: null };
    const asked = { backfillId, targets: ["tempo"], force: [], selection, inFlight: 3 };
    await objects.create({
      v: 1,
      type: "BackfillRequested",
      ...asked,
      requestedAt: instant(1_000).toISOString(),
    });
    const steered = { v: 1, type: "BackfillSteered", backfillId } as const;
    await objects.create({ ...steered, action: "pause", at: instant(2_000).toISOString() });
    await sweepObjects(options, { from: instant(0), to: instant(60_000) });
    expect(await readBackfills(started.pool, backfillId)).toMatchObject([
      { targets: ["tempo"], inFlight: 3, state: "paused" },
    ]);
  });

  test("what is no track, and what backfills ask of millions, holds nothing up", async () => {
    const track = await submit(3_000);
    const item = { ...replay(track, 1_000), cause: "backfill" as const };
    await write(requestObjectName(item), item);
    await write(`${trackObjectName(createId(instant(2_000)))}`, { no: "track" });
    await write(`0-${createId(instant(2_000))}.who-knows.request.json`, { no: "request" });
    await sweepObjects(options, { from: instant(0), to: instant(60_000) });
    expect(await knownTracks()).toEqual([track.trackId]);
    expect((await started.pool.query("select from requests where cause = 'backfill'")).rowCount).toBe(0);
  });

  test("an object that nobody can read, and one that the database refuses, hold up no other", async () => {
    const track = await submit(3_000);
    const body = Buffer.from("{ cut off");
    const name = trackObjectName(createId(instant(2_000)));
    await store.writeObject({ bucket, name, body, createOnly: true });
    // Longer than an index of Postgres takes, in characters that can't be made shorter.
    const endless = Array.from({ length: 400 }, (_, n) => createHash("sha256").update(`${n}`).digest("hex"));
    const job = {
      ...{ requestId: endless.join(""), releaseId: "r", assetId: "a", assetGuid: "g" },
      derivativeAssets: [],
    };
    const refused = accepted(2, { trackId: createId(instant(1_000)), job });
    await write(trackObjectName(refused.trackId), refused);
    await sweepObjects(options, { from: instant(0), to: instant(60_000) });
    expect(await knownTracks()).toEqual([track.trackId]);
  });

  test("where a catalog's clock was ahead, what came meanwhile is still looked at", async () => {
    const startedAt = Date.now();
    const hourMs = 3_600_000;
    const ahead = { ...options, now: () => new Date(startedAt + hourMs) };
    await createSweep(ahead, pace).run();
    const track = await submit(startedAt + 60_000 - startMs);
    const later = { ...options, now: () => new Date(startedAt + 3 * hourMs) };
    await createSweep(later, pace).run();
    expect(await knownTracks()).toEqual([track.trackId]);
  });

  test("a call that comes while this machine's clock is ahead is answered as soon as any", async () => {
    let elapsedMs = 0;
    let aheadMs = 0;
    const now = () => new Date(Date.now() + elapsedMs + aheadMs);
    const patient = { quietMs: 60_000, restMs: () => 300_000, elapsedMs: () => elapsedMs };
    const sweep = createSweep({ ...options, now }, patient);
    for (let minute = 0; minute < 5; minute++, elapsedMs += 60_000) await sweep.run();
    const track = await submit(now().getTime() - startMs);
    aheadMs = 3_600_000;
    sweep.call();
    // It is set right before the next look, as at each.
    aheadMs = 0;
    for (let minute = 0; minute < 4; minute++, elapsedMs += 60_000) await sweep.run();
    expect(await knownTracks()).toEqual([track.trackId]);
  });

  test("a step takes some of each series, in the order of time, and says how far it came", async () => {
    const tracks: TrackAccepted[] = [];
    for (let n = 0; n < 60; n++) tracks.push(await submit(n * 1_000));
    const to = instant(59_500);
    let from = instant(0);
    let steps = 0;
    while (from < to) {
      from = (await sweepObjects(options, { from, to }, 2)).reached;
      steps += 1;
      const until = tracks.filter(({ acceptedAt }) => Date.parse(acceptedAt) < from.getTime());
      expect(await knownTracks()).toEqual(until.map(({ trackId }) => trackId));
    }
    expect(steps).toBeGreaterThan(2);
    expect(await knownTracks()).toHaveLength(60);
  });

  test("more of one instant than a step holds is gone through all the same", async () => {
    for (let n = 0; n < 60; n++) await submit(7_000);
    await submit(9_000);
    let from = instant(7_000);
    const to = instant(60_000);
    for (let step = 0; from < to && step < 10; step++)
      from = (await sweepObjects(options, { from, to }, 1)).reached;
    expect(from).toEqual(to);
    expect(await knownTracks()).toHaveLength(61);
  });

  test("the first sweep begins at the beginning, and one that was cut off goes on where it was", async () => {
    const tracks = [await submit(0), await submit(86_400_000), await submit(2 * 86_400_000)];
    const now = () => instant(3 * 86_400_000);
    let broken = true;
    const breaking: ObjectStore = {
      ...store,
      readJson: (ref) => {
        if (broken && ref.name.includes(tracks[2]?.trackId ?? "")) throw new Error("storage is away");
        return store.readJson(ref);
      },
    };
    const sweep = createSweep({ ...options, store: breaking, now }, pace, 1);
    const sweepOn = async () => {
      for (let round = 0; round < 5; round++) await sweep.run();
    };
    await expect(sweepOn()).rejects.toThrow("storage is away");
    broken = false;
    const noted = await options.watches.readSweptTo();
    // Another catalog, or this one after a restart.
    const again = createSweep({ ...options, now }, pace, 1);
    for (let round = 0; round < 5; round++) await again.run();
    expect(await knownTracks()).toEqual(tracks.map(({ trackId }) => trackId));
    expect(noted?.getTime() ?? 0).toBeLessThan(now().getTime());
    expect(await options.watches.readSweptTo()).toEqual(new Date(now().getTime() - 1_000));
  });
});
