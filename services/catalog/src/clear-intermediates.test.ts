import { randomBytes } from "node:crypto";
import { readTrack } from "@segue/catalog-db";
import { countRowsRead, testDatabases } from "@segue/catalog-db/testing";
import { outcomesTopic, tracksTopic } from "@segue/chain";
import { createId, type PayloadRef } from "@segue/contracts";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClearOptions, clearIntermediates } from "./clear-intermediates.ts";
import { startWithCloud } from "./fixtures/catalog-with-cloud.ts";
import { chain, names, outcome } from "./fixtures/chain.ts";
import { startTestPool, type TestPool } from "./fixtures/test-pool.ts";
import { startTestStorage, type TestStorage } from "./fixtures/test-storage.ts";

const body = Buffer.from("what a step has made");
const roles = { decode: "scratch", downsample: "scratch", encode: "assets" } as const;

test("intermediates are deleted when their track has come to rest, and nothing else is", async () => {
  await using cloud = await startWithCloud(chain, 60_000);
  const { store } = cloud;
  /** As the steps of a track would leave their payloads. */
  const makePayloads = async (master: string) => {
    const payloads = new Map<string, PayloadRef>();
    for (const [step, role] of Object.entries(roles)) {
      const ref = { bucket: names.bucket(role), name: `${master}.${step}` };
      const { sizeBytes, crc32c } = await store.writeObject({ ...ref, body, createOnly: true });
      payloads.set(step, { ...ref, sizeBytes, crc32c, contentType: "audio/wav" });
    }
    return payloads;
  };
  const tell = async ({ trackId, master }: { trackId: string; master: string }, steps: readonly string[]) => {
    const payloads = await makePayloads(master);
    for (const step of steps) {
      const { address } = outcome(1, step);
      const made = { status: "succeeded", facts: {}, payload: payloads.get(step) ?? null } as const;
      const own = {
        at: new Date().toISOString(),
        address: `${master.slice(0, 8)}${address.slice(8)}`,
        outcome: made,
      };
      await cloud.publish(outcomesTopic, { ...outcome(1, step), trackId, master, ...own });
    }
    return payloads;
  };
  const [done, open] = [await cloud.track(0, "done"), await cloud.track(1_000, "open")];
  for (const track of [done, open]) await cloud.publish(tracksTopic, track);
  const { wants } = done.request;
  const kept = await tell(open, wants.slice(0, -1));
  const made = await tell(done, wants);
  const left = async (payloads: ReadonlyMap<string, PayloadRef>) => {
    const found = [];
    for (const [step, ref] of payloads) if (await store.statObject(ref)) found.push(step);
    return found;
  };
  await expect.poll(async () => (await readTrack(cloud.pool, done.trackId))?.state).toBe("done");
  await expect.poll(() => left(made)).toEqual(["encode"]);
  expect((await readTrack(cloud.pool, open.trackId))?.state).toBe("processing");
  expect(await left(kept)).toEqual(Object.keys(roles));
});

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  let storage: TestStorage;
  beforeAll(async () => {
    started = await startTestPool(kind);
    storage = await startTestStorage(["scratch", "assets"]);
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  const insertTrack = async (master: string, state: string) => {
    const id = createId(new Date());
    await started.pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
       values ($1, $2, 1, 'upload', '{}', '{}', now(), $3)`,
      [id, master, state],
    );
    return id;
  };
  /** A track at its end, and what has been made for it. */
  const makeOne = async (role: "scratch" | "assets" = "scratch", seenAt = "now() - interval '1 minute'") => {
    const [master, address] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
    const ref = { bucket: names.bucket(role), name: `${address}.wav` };
    const { sizeBytes, crc32c } = await storage.store.writeObject({ ...ref, body, createOnly: true });
    await started.pool.query(
      `insert into artifacts (address, kind, step, version, master, payload, seen_at)
       values ($1, 'pcm', 'decode', 1, $2, $3, ${seenAt})`,
      [address, master, { ...ref, sizeBytes, crc32c, contentType: "audio/wav" }],
    );
    return { master, address, ref, trackId: await insertTrack(master, "done") };
  };
  const spentOf = ({ master, address }: { master: string; address: string }) => ({
    ...{ master, address },
    madeAt: address,
  });
  const makeReplayed = async (stuck: string | null) => {
    const one = await makeOne();
    const watch = "insert into replay_watches (track_id, request_id, stuck) values ($1, $2, $3)";
    await started.pool.query(watch, [one.trackId, createId(new Date()), stuck]);
    return one;
  };
  const cases: readonly [string, () => ReturnType<typeof makeOne>, "goes" | "stays"][] = [
    ["one whose track is at its end", () => makeOne(), "goes"],
    ["what is kept", () => makeOne("assets"), "stays"],
    ["one that has been made again since", () => makeOne("scratch", "now() + interval '1 minute'"), "stays"],
    [
      "one that a track with the same bytes may still want",
      async () => {
        const one = await makeOne();
        await insertTrack(one.master, "processing");
        return one;
      },
      "stays",
    ],
    ["one that a replay may still want", () => makeReplayed(null), "stays"],
    ["one of a replay that was given up", () => makeReplayed("lost"), "goes"],
    [
      "one that a backfill may still want",
      async () => {
        const one = await makeOne();
        const backfillId = createId(new Date());
        await started.pool.query(
          `insert into backfills (id, targets, force, selection, in_flight, requested_at)
           values ($1, '{}', '{}', '{}', 1, now())`,
          [backfillId],
        );
        await started.pool.query(
          `insert into backfill_tracks (backfill_id, track_id, request_id, runs, announced_at, announce_again_at)
           values ($1, $2, $3, '{}', now(), now())`,
          [backfillId, one.trackId, createId(new Date())],
        );
        return one;
      },
      "stays",
    ],
  ];

  test("what waits of other tracks is not walked over", async () => {
    const many = 5_000;
    const { pool } = started;
    await pool.query(
      `with track as (
         insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
         select gen_random_uuid(), encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), 1, 'upload', '{}', '{}', now(), 'done'
         from generate_series(1, $1) n returning id)
       insert into replay_watches (track_id, request_id) select id, gen_random_uuid() from track`,
      [many],
    );
    await pool.query("analyze");
    const [spent, wanted] = [await makeOne(), await makeReplayed(null)];
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const reads = () => countRowsRead(pool, "tracks", "replay_watches", "backfill_tracks");
    const before = await reads();
    const clearing = clearIntermediates({ pool, store: storage.store, names, log, keepMs: 0 });
    clearing.clear([wanted, spent].map(spentOf));
    await expect.poll(() => storage.store.statObject(spent.ref)).toBeUndefined();
    await clearing.stop();
    expect((await reads()) - before).toBeLessThan(many / 10);
    expect(await storage.store.statObject(wanted.ref)).toBeDefined();
    await pool.query("truncate replay_watches");
  }, 120_000);

  test("what nobody may want goes after its time, once, and all else stays", async () => {
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const { pool } = started;
    const { store } = storage;
    const options = { pool, store, names, log };
    const intermediates = clearIntermediates({ ...options, keepMs: 200 });
    const unhurried = clearIntermediates({ ...options, keepMs: 60_000 });
    const made = await Promise.all(
      cases.map(async ([what, make, then]) => ({ what, then, ...(await make()) })),
    );
    const spent = made.map(spentOf);
    const early = await makeOne();
    unhurried.clear([spentOf(early)]);
    intermediates.clear(spent.slice(1));
    // What comes last is looked at last: when it is gone, all have been looked at.
    intermediates.clear(spent.slice(0, 1));
    await expect.poll(() => store.statObject(made[0]?.ref ?? early.ref)).toBeUndefined();
    await intermediates.stop();
    await unhurried.stop();
    const found = await Promise.all(
      made.map(async ({ what, ref }) => [what, (await store.statObject(ref)) ? "stays" : "goes"]),
    );
    expect(found).toEqual(made.map(({ what, then }) => [what, then]));
    expect(await store.statObject(early.ref)).toBeDefined();
  });

  /** Storage that fails to delete what the test says. */
  const failing = (fails: (name: string) => boolean) => ({
    ...storage.store,
    async deleteObject(ref: Parameters<TestStorage["store"]["deleteObject"]>[0]) {
      if (fails(ref.name)) throw new Error(`${ref.name} is not to be had`);
      return storage.store.deleteObject(ref);
    },
  });
  const start = (options: Omit<ClearOptions, "keepMs">) => {
    const intermediates = clearIntermediates({ ...options, keepMs: 200 });
    return { ...intermediates, [Symbol.asyncDispose]: () => intermediates.stop() };
  };
  /** A log, and what it was told of deletions. */
  const listen = () => {
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const told: unknown[] = [];
    log.warn = (fields: unknown) => void told.push(fields);
    return { log, told };
  };

  test("one that can't be deleted is in the way of no other, is told of in sum, and goes when it can", async () => {
    const { log, told } = listen();
    const made = await Promise.all(Array.from({ length: 20 }, () => makeOne()));
    const bad = new Set(made.slice(0, 3).map(({ ref }) => ref.name));
    const options = { pool: started.pool, store: failing((name) => bad.has(name)), names, log };
    await using intermediates = start(options);
    intermediates.clear(made.map(spentOf));
    const left = async () => {
      const found = await Promise.all(made.map(({ ref }) => storage.store.statObject(ref)));
      return found.filter((each) => each !== undefined).length;
    };
    await expect.poll(left).toBe(3);
    await expect.poll(() => told[0]).toMatchObject({ count: 3, error: expect.any(Error) });
    bad.clear();
    await expect.poll(left).toBe(0);
  });

  test("while storage or the database is away, nothing is forgotten, and little is tried", async () => {
    const { log, told } = listen();
    const made = await Promise.all(Array.from({ length: 20 }, () => makeOne()));
    let tries = 0;
    let isAway = true;
    const store = failing(() => {
      tries += isAway ? 1 : 0;
      return isAway;
    });
    const options = { pool: started.pool, store, names, log };
    await using intermediates = start(options);
    await started.database.goAway();
    intermediates.clear(made.map(spentOf));
    await expect.poll(() => told[0]).toMatchObject({ count: 20 });
    await started.database.comeBack();
    await expect.poll(() => tries).toBe(8);
    isAway = false;
    for (const { ref } of made) await expect.poll(() => storage.store.statObject(ref)).toBeUndefined();
  });

  test("what only another track of the same master wanted goes when it is at its end", async () => {
    const { log } = listen();
    const one = await makeOne();
    const other = await insertTrack(one.master, "processing");
    const options = { pool: started.pool, store: storage.store, names, log };
    await using intermediates = start(options);
    intermediates.clear([spentOf(one)]);
    const marker = await makeOne();
    intermediates.clear([spentOf(marker)]);
    await expect.poll(() => storage.store.statObject(marker.ref)).toBeUndefined();
    expect(await storage.store.statObject(one.ref)).toBeDefined();
    await started.pool.query("update tracks set state = 'done' where id = $1", [other]);
    await expect.poll(() => storage.store.statObject(one.ref)).toBeUndefined();
  });
});
