import type { Pool } from "@segue/catalog-db";
import {
  countRowsRead,
  emptyTables,
  openMigrated,
  type TestDatabase,
  testDatabases,
} from "@segue/catalog-db/testing";
import { defineKind, Master } from "@segue/contracts";
import { defineFleet, defineServer, defineService, defineStep } from "@segue/step";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { readWaiting } from "./waiting-work.ts";
import { wantedByService } from "./wanted-by-service.ts";
import { besideSec, startSec } from "./wanted-replicas.ts";

const kind = (name: string) =>
  defineKind({ name, retention: "derivative", payload: null, facts: z.object({}) });
const Pcm = kind("pcm");
const Tempo = kind("tempo");
const step = (name: string, consumes: object, produces: ReturnType<typeof kind>) =>
  defineStep({
    ...{ name, version: 1, consumes: consumes as { input: typeof Master }, produces },
    budget: { timeMs: 1_000, memoryMiB: 64 },
    setup: async () => null,
    run: async () => ({}),
  });
const steps = {
  decode: [step("decode", { input: Master }, Pcm)],
  tempo: [step("tempo", { input: Pcm }, Tempo)],
};
const fleet = defineFleet({
  api: defineServer({
    name: "api",
    start: async () => ({ notReady: () => undefined, drain: async () => {} }),
  }),
  get: defineServer({
    name: "get",
    scaling: { minReplicas: 1, maxReplicas: 4, by: { measure: "backlog", waitSec: 60 } },
    work: { step: "fetch", slots: ({ SLOTS = "8" }) => Number(SLOTS), takesSec: 3 },
    start: async () => ({ notReady: () => undefined, drain: async () => {} }),
  }),
  decode: defineService({
    steps: steps.decode,
    resources: { attempts: { decode: { cpuSec: 2, memoryMiB: 64, scratchMiB: 1 } } },
  }),
  tempo: defineService({ steps: steps.tempo, scaling: { maxReplicas: 3 } }),
});
/** As many attempts of two seconds as a replica has begun in the time that is left of a minute. */
const attemptsEach = (60 - startSec) / (2 + besideSec);
const idOf = (n: number) => `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

describe.each(testDatabases)("on an $name", ({ start }) => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await start();
    pool = await openMigrated(database.url);
  });
  afterAll(async () => {
    await pool.end();
    await database[Symbol.asyncDispose]();
  });
  beforeEach(() => emptyTables(pool));

  const addTracks = async (from: number, count: number, state: string, done: readonly string[]) => {
    const ids = Array.from({ length: count }, (_, index) => idOf(from + index));
    await pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
       select id, md5(id::text), 1, 'upload', '{tempo}', '{decode,tempo}', now(), $2 from unnest($1::uuid[]) id`,
      [ids, state],
    );
    await pool.query(
      `insert into step_outcomes (track_id, step, status)
       select id, step, 'succeeded' from unnest($1::uuid[]) id, unnest($2::text[]) step`,
      [ids, done],
    );
  };
  const wanted = async (env: Record<string, string> = {}) =>
    Object.fromEntries(
      (await wantedByService(pool, fleet.chain, fleet.services, env)).map(({ service, ...of }) => [
        service,
        of,
      ]),
    );

  test("a fleet without work wants nobody", async () => {
    await addTracks(0, 20, "done", ["decode", "tempo"]);
    await addTracks(20, 20, "failed", []);
    const none = { attempts: 0, cpuSec: 0, replicas: 0 };
    expect(await wanted()).toEqual({ get: { ...none, replicas: 1 }, decode: none, tempo: none });
  });

  test("a step counts from when all before it is done, by what it costs", async () => {
    await addTracks(0, 100, "accepted", []);
    await addTracks(100, 7, "processing", ["decode"]);
    expect(await wanted()).toMatchObject({
      decode: { attempts: 100, cpuSec: 200, replicas: Math.ceil(100 / attemptsEach) },
      tempo: { attempts: 7, cpuSec: 7, replicas: 1 },
    });
  });

  test("tracks whose master is still to be fetched wait for that alone, of several at once", async () => {
    const add = (from: number, count: number) => addTracks(from, count, "accepted", []);
    await add(0, 200);
    await pool.query("update tracks set wants = '{fetch,decode,tempo}'");
    const none = { attempts: 0, cpuSec: 0, replicas: 0 };
    const replicas = Math.ceil((200 * 3) / 8 / (60 - startSec));
    expect(await wanted()).toEqual({
      get: { attempts: 200, cpuSec: 0, replicas },
      // What comes next is there by then.
      ...{ decode: { ...none, replicas: 1 }, tempo: none },
    });
    // As many at once as its processes are told, wherever that is said.
    const withTwo = Math.ceil((200 * 3) / 2 / (60 - startSec));
    expect(withTwo).not.toBe(replicas);
    expect((await wanted({ SLOTS: "2" })).get?.replicas).toBe(Math.min(withTwo, 4));
    await add(200, 4_000);
    await pool.query("update tracks set wants = '{fetch,decode,tempo}'");
    expect((await wanted()).get).toMatchObject({ attempts: 4_200, replicas: 4 });
  });

  test("what is put off until a time is nobody's work before it, and all of it after", async () => {
    await addTracks(0, 30, "accepted", []);
    await pool.query("update tracks set wants = '{fetch,decode,tempo}'");
    await addTracks(30, 40, "processing", []);
    const putOff = (step: string, by: string, of: string) =>
      pool.query(
        "update track_watches set put_off = jsonb_build_object($1::text, now() + $2::interval) where track_id in (select id from tracks where state = $3)",
        [step, by, of],
      );
    await putOff("fetch", "10 minutes", "accepted");
    await putOff("decode", "10 minutes", "processing");
    const none = { attempts: 0, cpuSec: 0 };
    // One of `decode` stays: what comes after it waits.
    expect(await wanted()).toEqual({
      get: { ...none, replicas: 1 },
      decode: { ...none, replicas: 1 },
      tempo: { ...none, replicas: 0 },
    });
    await putOff("fetch", "-1 second", "accepted");
    await putOff("tempo", "10 minutes", "processing");
    expect(await wanted()).toMatchObject({
      get: { attempts: 30 },
      decode: { attempts: 40, cpuSec: 80 },
      tempo: { ...none, replicas: 0 },
    });
  });

  test("what attempts took of late goes before what their service says, and nothing over its limit", async () => {
    await addTracks(0, 100, "processing", ["decode"]);
    await pool.query(
      "insert into step_costs (step, slot, cpu_ms, at) values ('tempo', 1, 3000, now()), ('tempo', 2, 5000, now())",
    );
    expect((await wanted()).tempo).toEqual({ attempts: 100, cpuSec: 400, replicas: 3 });
  });

  test("what is made again of a track that has ended counts; what nobody looks after any more does not", async () => {
    await addTracks(0, 2, "done", ["decode", "tempo"]);
    await pool.query(`update step_outcomes set recomputing = '{}' where step = 'tempo'`);
    const watch =
      "insert into replay_watches (track_id, request_id, stuck) values ($1, gen_random_uuid(), $2)";
    await pool.query(watch, [idOf(0), null]);
    await pool.query(watch, [idOf(1), "nobody answers"]);
    expect((await wanted()).tempo).toMatchObject({ attempts: 1, replicas: 1 });
    // It may be asked for what it has made.
    expect((await wanted()).decode).toMatchObject({ attempts: 0, replicas: 1 });
  });

  test("of more tracks than are looked at, those stand for all, the old ones and the new", async () => {
    await addTracks(0, 9_000, "processing", ["decode"]);
    await addTracks(9_000, 21_000, "accepted", []);
    await pool.query("analyze");
    const { decode, tempo } = await wanted();
    // 5,000 of 30,000 are looked at: of a share of 70 % the standard error is 0.6 %.
    expect((decode?.attempts ?? 0) / 21_000).toBeCloseTo(1, 1);
    expect((tempo?.attempts ?? 0) / 9_000).toBeCloseTo(1, 1);
  });

  test("a look takes no longer, however many are open: of more than are walked over, the oldest and the newest stand for all", async () => {
    await addTracks(0, 4_000, "processing", ["decode"]);
    await addTracks(4_000, 4_000, "accepted", []);
    await addTracks(8_000, 20, "processing", []);
    await pool.query("analyze");
    const reads = () => countRowsRead(pool, "tracks");
    const before = await reads();
    const waiting = await readWaiting(pool, 5);
    expect((await reads()) - before).toBeLessThan(2_000);
    const tracksOf = (...steps: string[]) =>
      waiting.find((each) => each.steps.join() === steps.join())?.tracks;
    expect(tracksOf("tempo")).toBe(5);
    expect(tracksOf("decode", "tempo")).toBe(15);
  });

  test("a service that hosts what comes after too has all of it to do", async () => {
    await addTracks(0, 10, "accepted", []);
    const both = defineService({ steps: [...steps.decode, ...steps.tempo] });
    const [wants] = await wantedByService(pool, fleet.chain, new Map([["both", both]]), {});
    expect(wants).toMatchObject({ attempts: 10, cpuSec: 20 });
  });

  test("what was given up as stuck is nobody's work", async () => {
    await addTracks(0, 10, "processing", []);
    await pool.query("update track_watches set stuck = 'nobody answers'");
    expect((await wanted()).decode).toEqual({ attempts: 0, cpuSec: 0, replicas: 0 });
  });

  test("a database that is away is told, and is no fleet without work", async () => {
    await database.goAway();
    await expect(wanted()).rejects.toThrow();
    await database.comeBack();
  });
});
