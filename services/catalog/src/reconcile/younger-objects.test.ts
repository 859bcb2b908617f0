// The API is updated first: what it keeps may be of a form that the catalog of the release before can't read.
import { readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createId, requestObjectName, trackObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { outcomeFacts } from "../facts-of.ts";
import { accepted, chain, names, outcome, requested } from "../fixtures/chain.ts";
import { startTestPool, type TestPool } from "../fixtures/test-pool.ts";
import { startTestStorage, type TestStorage } from "../fixtures/test-storage.ts";
import { mergeFacts } from "../rows.ts";
import { createSweep } from "./create-sweep.ts";
import type { IntroduceOptions } from "./introduce-objects.ts";
import { createWatches, type Watches } from "./watches.ts";

const bucket = names.bucket("records");
const hourMs = 3_600_000;

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  let storage: TestStorage;
  /** Hours ago: a sweep goes no further than the database's own time. */
  let nowMs: number;
  beforeAll(async () => {
    started = await startTestPool(kind);
    storage = await startTestStorage(["records"]);
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    nowMs = Date.now() - 48 * hourMs;
    for await (const { name } of storage.store.walkObjects({ bucket, prefix: "" }))
      await storage.store.deleteObject({ bucket, name });
    await emptyTables(started.pool);
  });

  /** A process of the catalog, which reads forms up to this one, from its start. */
  function startCatalog(form: number, most?: number) {
    const reads: string[] = [];
    const store: ObjectStore = {
      ...storage.store,
      async readJson(ref) {
        reads.push(ref.name);
        return JSON.parse(
          JSON.stringify(await storage.store.readJson(ref)).replaceAll(`"v":${form}`, '"v":1'),
        );
      },
    };
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const { pool } = started;
    const watches = createWatches(pool);
    const noteSweptTo: Watches["noteSweptTo"] = (to, unread) =>
      watches.noteSweptTo(to, most === undefined ? unread : { ...unread, most });
    const options: IntroduceOptions = {
      ...{ store, pool, watches: { ...watches, noteSweptTo }, chain, names, log, onEvent() {} },
      now: () => new Date(nowMs),
    };
    return {
      reads,
      sweep: createSweep(options, { quietMs: 60_000, restMs: () => 300_000, elapsedMs: () => nowMs }),
    };
  }
  type Catalog = ReturnType<typeof startCatalog>;
  const sweepFor = (minutes: number, ...catalogs: Catalog[]) => sweepTimes(minutes, 60_000, catalogs);
  async function sweepTimes(times: number, everyMs: number, catalogs: readonly Catalog[]): Promise<void> {
    for (let n = 0; n < times; n++) {
      nowMs += everyMs;
      for (const { sweep } of catalogs) {
        sweep.call();
        await sweep.run();
      }
    }
  }
  async function write(name: string, text: string): Promise<void> {
    await storage.store.writeObject({ bucket, name, body: Buffer.from(text), createOnly: true });
  }
  /** Accepted a little later than now, by an API that writes this form. */
  async function submit(form: number) {
    const at = new Date(nowMs + 10_000);
    const track = accepted(1, { trackId: createId(at), acceptedAt: at.toISOString() });
    await write(trackObjectName(track.trackId), JSON.stringify(track).replaceAll('"v":1', `"v":${form}`));
    return track.trackId;
  }
  const isKnown = async (id: string) => (await readTrack(started.pool, id)) !== undefined;
  const noted = async () =>
    (await started.pool.query("select name from unread_objects")).rows.map(({ name }) => name);

  test("a track that the API of the next release has accepted is known once the catalog is of it, too", async () => {
    const id = await submit(99);
    const before = startCatalog(1);
    await sweepFor(60, before);
    expect(await isKnown(id)).toBe(false);
    await sweepFor(2, startCatalog(99));
    expect(await isKnown(id)).toBe(true);
    expect(await noted()).toEqual([]);
  });

  test("nor is it lost where catalogs of both releases sweep side by side", async () => {
    const [before, next] = [startCatalog(1), startCatalog(99)];
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) {
      ids.push(await submit(99));
      await sweepFor(4, before);
      await sweepFor(4, before, next);
    }
    await sweepFor(10, next, before);
    expect(await Promise.all(ids.map(isKnown))).toEqual(ids.map(() => true));
    expect(await noted()).toEqual([]);
  });

  test("one that is damaged for ever is read some times, then once a day; and forgotten when it is gone", async () => {
    const name = trackObjectName(createId(new Date(nowMs + 10_000)));
    await write(name, "{ cut off");
    const catalog = startCatalog(1);
    await sweepFor(30, catalog);
    expect(catalog.reads.length).toBeLessThan(12);
    const before = catalog.reads.length;
    await sweepTimes(26, hourMs, [catalog]);
    expect(catalog.reads.length - before).toBe(1);
    await storage.store.deleteObject({ bucket, name });
    await sweepFor(3, startCatalog(1));
    expect(await noted()).toEqual([]);
  });

  test("nor is a replay of a track that a younger release has packed", async () => {
    const trackId = await submit(1);
    await sweepFor(3, startCatalog(1));
    const { pool } = started;
    const ended = chain.steps.map(({ name }) =>
      outcomeFacts({ ...outcome(1, name), trackId, requestId: trackId }),
    );
    await applyFacts(pool, chain, mergeFacts(ended));
    const packed = await pool.query("select body from packed_tracks");
    expect(packed.rowCount).toBe(1);
    await pool.query("update packed_tracks set body = '\\xff'");
    const at = new Date(nowMs + 10_000);
    const asked = {
      trackId,
      requestId: createId(at),
      cause: "replay",
      requestedAt: at.toISOString(),
    } as const;
    const replay = requested(1, { ...asked, force: ["tempo"] });
    await write(requestObjectName(replay), JSON.stringify(replay));
    await sweepFor(30, startCatalog(1));
    // As the younger one reads it.
    await pool.query("update packed_tracks set body = $1", [packed.rows[0]?.body]);
    await sweepFor(2, startCatalog(99));
    expect((await readTrack(pool, trackId))?.requests.map(({ id }) => id)).toContain(asked.requestId);
  });

  test("where there is more than can be noted, the sweep does not go past it", async () => {
    const ids = [await submit(99), await submit(99)];
    await sweepFor(10, startCatalog(1, 1));
    expect(await noted()).toEqual([]);
    await sweepFor(2, startCatalog(99, 1));
    expect(await Promise.all(ids.map(isKnown))).toEqual([true, true]);
  });
});
