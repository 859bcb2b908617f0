import { createHash } from "node:crypto";
import {
  createArtifacts,
  createBackfillObjects,
  createRequestObjects,
  createTrackObjects,
} from "@segue/artifacts";
import { readBackfills, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { describeFetchRequest } from "@segue/chain";
import {
  BackfillEnded,
  type BackfillRequested,
  backfillObjectName,
  createId,
  type RequestBlock,
  requestIdOf,
  type TrackAccepted,
  trackObjectName,
} from "@segue/contracts";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, backfillFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, chain, names, outcome, requested, trackId } from "../fixtures/chain.ts";
import { startTestPool, type TestPool } from "../fixtures/test-pool.ts";
import { startTestStorage, type TestStorage } from "../fixtures/test-storage.ts";
import { sweepAll } from "../reconcile/sweep-objects.ts";
import { createWatches } from "../reconcile/watches.ts";
import { mergeFacts } from "../rows.ts";
import { createBackfillRows } from "./backfill-rows.ts";
import { driveBackfill } from "./drive-backfill.ts";
import type { DriverParts } from "./driver-parts.ts";

const backfillId = (n: number) => trackId(0xb0 + n);

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  let storage: TestStorage;
  let parts: DriverParts;
  let master: string;
  const announced: RequestBlock[] = [];
  const fetches: Parameters<DriverParts["publisher"]["fetch"]>[0][] = [];
  beforeAll(async () => {
    started = await startTestPool(kind);
    storage = await startTestStorage(["masters", "records"]);
    const { store } = storage;
    const body = Buffer.from("a master");
    master = createHash("sha256").update(body).digest("hex");
    await store.writeObject({ bucket: names.bucket("masters"), name: master, body, createOnly: true });
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const { pool } = started;
    const reconciler = {
      ...{ chain, names, log, pool, store },
      watches: createWatches(pool),
      onEvent() {},
      now: () => new Date(),
    };
    parts = {
      ...{ chain, log, pool, quietMs: 1, uncounted: new Set<string>() },
      rows: createBackfillRows(pool, chain),
      artifacts: createArtifacts(store, names),
      requests: createRequestObjects(store, names),
      backfills: createBackfillObjects(store, names),
      tracks: createTrackObjects(store, names),
      publisher: {
        fact: async (_: unknown, request: RequestBlock) => void announced.push(request),
        fetch: async (fetch) => void fetches.push(fetch),
      },
      hear: (span) => sweepAll(reconciler, span),
    };
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  async function begin(n: number, tracks: readonly number[], force: string[] = []): Promise<void> {
    const request: BackfillRequested = {
      v: 1,
      type: "BackfillRequested",
      backfillId: backfillId(n),
      targets: ["tempo"],
      force,
      selection: { trackId: null, acceptedSince: null, state: null },
      inFlight: 10,
      requestedAt: new Date().toISOString(),
    };
    await emptyTables(started.pool);
    const found = tracks.map((each) => acceptedFacts(accepted(each, { master })));
    await applyFacts(started.pool, chain, mergeFacts([...found, backfillFacts(request)]));
    announced.length = 0;
  }
  async function drive(): Promise<void> {
    for (const backfill of await parts.rows.claim("a-driver")) await driveBackfill(parts, backfill);
  }
  /** All steps of them have ended, just now. @param id of the one, where it is another than its number's. */
  async function tellAll(tracks: readonly number[], id?: string): Promise<void> {
    const now = new Date().toISOString();
    const told = tracks.flatMap((track) =>
      chain.steps.map(({ name }) => {
        const each = outcome(track, name, { master });
        const attempt = { ...each.attempt, startedAt: now, finishedAt: now };
        return outcomeFacts({ ...each, trackId: id ?? each.trackId, attempt });
      }),
    );
    await applyFacts(started.pool, chain, mergeFacts(told));
  }
  const item = (n: number, track: number) => ({
    ...{ requestId: requestIdOf(backfillId(n), trackId(track)), trackId: trackId(track) },
    cause: "backfill" as const,
  });
  const idsOf = (track: number) =>
    announced.filter((request) => request.trackId === trackId(track)).map(({ requestId }) => requestId);

  test("a track that waits long, and is announced again, is asked for the same forced work", async () => {
    await begin(1, [1, 2], ["tempo"]);
    await expect
      .poll(async () => {
        await drive();
        return idsOf(1).length;
      })
      .toBeGreaterThan(1);
    expect(new Set(idsOf(1))).toEqual(new Set([item(1, 1).requestId]));
    // Each counts its own outcomes.
    expect(new Set(idsOf(2))).toEqual(new Set([item(1, 2).requestId]));
    const kept = await parts.requests.read(item(1, 1));
    expect(kept).toMatchObject({ backfillId: backfillId(1), force: ["tempo"], targets: ["tempo"] });
    expect(announced[0]).toMatchObject({ force: kept?.force, addresses: kept?.addresses });
  });

  test("what a catalog has asked for before it died holds, and is not asked for twice", async () => {
    await begin(2, [3]);
    const dead = requested(3, { ...item(2, 3), master, targets: ["key"], wants: ["decode", "key"] });
    await parts.requests.create({ ...dead, backfillId: backfillId(2), priority: "backfill" });
    await drive();
    expect(announced).toMatchObject([{ requestId: item(2, 3).requestId, wants: ["decode", "key"] }]);
    expect((await readTrack(started.pool, trackId(3)))?.requests).toMatchObject([
      { cause: "submission" },
      { id: item(2, 3).requestId, targets: ["key"], backfillId: backfillId(2) },
    ]);
  });

  test("an item whose request is gone from storage fails by that word, and holds up no backfill", async () => {
    await begin(3, [4]);
    await drive();
    for await (const object of storage.store.walkObjects({ bucket: names.bucket("records"), prefix: "" }))
      if (object.name.includes(item(3, 4).requestId)) await storage.store.deleteObject(object);
    await expect
      .poll(async () => {
        await drive();
        return (await readBackfills(started.pool, backfillId(3)))[0];
      })
      .toMatchObject({ state: "done", failed: 1 });
    const [backfill] = await readBackfills(started.pool, backfillId(3));
    expect(backfill?.failures.map(({ code }) => code)).toContain("request-gone");
  });

  test("a catalog that stood still while another drove counts nothing twice, and begins nothing again", async () => {
    await begin(5, [7, 8]);
    const [stale] = await parts.rows.claim("stands still");
    await started.pool.query("update backfills set driven_until = now() - interval '1 second'");
    await drive();
    await tellAll([7, 8]);
    await drive();
    const [before] = await readBackfills(started.pool, backfillId(5));
    expect(before).toMatchObject({ succeeded: 2, complete: 0 });
    announced.length = 0;
    if (stale) await driveBackfill(parts, stale);
    const [after] = await readBackfills(started.pool, backfillId(5));
    expect(after).toMatchObject({ succeeded: 2, complete: 0, underWay: 0 });
    expect(announced).toEqual([]);
  });

  test("a track that was accepted before it, and heard of when it had passed that, is asked for it too", async () => {
    await begin(6, [12]);
    await drive();
    const at = new Date(Date.now() - 30_000);
    const id = createId(at);
    const late = accepted(11, { master, trackId: id, acceptedAt: at.toISOString() });
    await started.pool.query("update backfills set cursor = $1", [createId(new Date())]);
    await applyFacts(started.pool, chain, acceptedFacts(late));
    await tellAll([12]);
    await drive();
    const asked = announced.filter(({ trackId }) => trackId === id).map(({ requestId }) => requestId);
    expect(asked).toEqual([requestIdOf(backfillId(6), id)]);
    await tellAll([11], id);
    await expect
      .poll(async () => {
        await drive();
        return (await readBackfills(started.pool, backfillId(6)))[0];
      })
      .toMatchObject({ state: "done", succeeded: 2, complete: 0 });
  });

  test("a track that was accepted before it, and is not heard of at all, is found in storage and asked for too", async () => {
    await begin(8, [14]);
    const submit = async (at: Date) => {
      const track = accepted(1, { master, trackId: createId(at), acceptedAt: at.toISOString() });
      await createTrackObjects(storage.store, names).create(track);
      const name = trackObjectName(track.trackId);
      onTestFinished(async () => {
        await storage.store.deleteObject({ bucket: names.bucket("records"), name });
      });
      return track.trackId;
    };
    const unheard = await submit(new Date(Date.now() - 90_000));
    const younger = await submit(new Date(Date.now() + 90_000));
    await drive();
    expect(announced.map((request) => request.trackId)).toEqual([trackId(14)]);
    await tellAll([14]);
    await drive();
    expect(announced.map((request) => request.trackId)).toEqual([trackId(14), unheard]);
    expect(await readTrack(started.pool, younger)).toBeUndefined();
    expect((await readBackfills(started.pool, backfillId(8)))[0]).toMatchObject({ state: "running" });
  });

  test("a track that had all when it was passed, and lacks something since, is counted once", async () => {
    await begin(7, [13]);
    // As whoever drove it then has left it, a catalog of the release before say.
    await started.pool.query("update backfills set cursor = $1, complete = 1", [trackId(13)]);
    await drive();
    const [after] = await readBackfills(started.pool, backfillId(7));
    expect(after).toMatchObject({ state: "done", complete: 1, succeeded: 0, underWay: 0 });
  });

  const source = "https://example.test/song.mp3";
  /** A track that names a URL, accepted two hours ago, and not fetched. */
  async function acceptUnfetched(n: number, wants: string[]): Promise<TrackAccepted> {
    const acceptedAt = new Date(Date.now() - 7_200_000).toISOString();
    const asked = { requestId: trackId(n), trackId: trackId(n), wants };
    const request = describeFetchRequest({ ...asked, cause: "submission", requestedAt: acceptedAt });
    const track = {
      ...accepted(n),
      v: 2 as const,
      source,
      master: null,
      sizeBytes: null,
      request,
      acceptedAt,
    };
    await createTrackObjects(storage.store, names).create(track);
    await applyFacts(started.pool, chain, acceptedFacts(track));
    return track;
  }
  /** It has been fetched, and steps have ended, for a request. */
  async function tellFetched(n: number, steps: readonly string[], requestId: string): Promise<void> {
    const now = new Date().toISOString();
    const made = steps.map((step) => outcome(n, step, { master, requestId }));
    const fetched = { step: "fetch", kind: "master", address: master, version: 1 };
    const told = [{ ...outcome(n, "decode", { master, requestId }), ...fetched }, ...made];
    const facts = told.map((each) =>
      outcomeFacts({ ...each, attempt: { ...each.attempt, startedAt: now, finishedAt: now } }),
    );
    await applyFacts(started.pool, chain, mergeFacts(facts));
  }
  const stateOf = async (n: number) => {
    await drive();
    return (await readBackfills(started.pool, backfillId(n)))[0];
  };

  test("a track that waits to be fetched is fetched for it, made what it asks for, and counted once", async () => {
    fetches.length = 0;
    await begin(9, [15]);
    await acceptUnfetched(16, ["decode"]);
    await acceptUnfetched(17, ["decode", "downsample", "tempo"]);
    await drive();
    const { requestId } = item(9, 16);
    const wants = ["fetch", "decode", "downsample", "tempo"];
    expect(fetches).toMatchObject([{ source, request: { ...item(9, 16), wants, master: null } }]);
    await tellAll([15]);
    // For itself, when the backfill is past it.
    await tellFetched(16, ["decode"], trackId(16));
    expect(await stateOf(9)).toMatchObject({ state: "running", underWay: 1, succeeded: 1 });
    await tellFetched(16, ["decode", "downsample", "tempo"], requestId);
    const counted = { total: 3, complete: 1, succeeded: 2, failed: 0 };
    await expect.poll(() => stateOf(9)).toMatchObject({ state: "done", ...counted });
    expect(new Set(fetches.map(({ request }) => request.requestId))).toEqual(new Set([requestId]));
  });

  test("what came of it is an object of its own when it is over", async () => {
    await begin(4, [5, 6]);
    await drive();
    await tellAll([5, 6]);
    await expect
      .poll(async () => {
        await drive();
        return (await readBackfills(started.pool, backfillId(4)))[0]?.state;
      })
      .toBe("done");
    const name = backfillObjectName(backfillId(4), "ended");
    const ended = BackfillEnded.parse(
      await storage.store.readJson({ bucket: names.bucket("records"), name }),
    );
    expect(ended).toMatchObject({ backfill: { targets: ["tempo"], inFlight: 10 }, succeeded: 2, failed: 0 });
  });
});
