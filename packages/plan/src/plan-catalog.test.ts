import { randomBytes } from "node:crypto";
import type { Pool } from "@segue/catalog-db";
import { emptyTables, openMigrated, type TestDatabase, testDatabases } from "@segue/catalog-db/testing";
import { addressOf, createChain, createLiveChain, recipesOf } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import {
  Aac,
  defineKind,
  lowestTrackId,
  Master,
  Mono16k,
  ownKindOf,
  Pcm,
  type StepSpec,
  Tempo,
} from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { planCatalog } from "./plan-catalog.ts";
import { planTracks } from "./plan-tracks.ts";
import { addressSql } from "./state-query.ts";

type Changes = Partial<Pick<StepSpec, "version" | "params" | "model" | "accelerator">>;
function chainWith(changes: Record<string, Changes> = {}) {
  return createChain([
    stepSpec("decode", [Master], Pcm, changes.decode),
    stepSpec("downsample", [Pcm], Mono16k, changes.downsample),
    stepSpec("tempo", [Mono16k], Tempo, { params: { "it's": ["a", "'quote'"] }, ...changes.tempo }),
    stepSpec("encode", [Pcm, Master], Aac, changes.encode),
  ]);
}
const chain = chainWith();
const Extra = defineKind({ name: "extra", retention: "derivative", payload: null, facts: z.unknown() });
const extra = stepSpec("extra", [Master], Extra);
const noGpu = { gpuSecEach: 0, gpuSec: 0 };
const masterOf = (n: number) => n.toString(16).padStart(64, "0");
const trackIdOf = (n: number) => `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

/** Without recipes every master is looked at address by address: both ways must come to one plan. */
const ways = testDatabases.flatMap((database) => [
  { ...database, way: "by recipes", recipes: recipesOf(chain) },
  { ...database, way: "by addresses", recipes: new Map<string, string>() },
]);

describe.each(ways)("planCatalog on $name, $way", ({ start, recipes }) => {
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

  async function addTrack(n: number, acceptedAt = "2025-01-01T00:00:00Z") {
    await pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
       values ($1, $2, 1, 'upload', '{}', '{}', $3, 'done')`,
      [trackIdOf(n), masterOf(n), acceptedAt],
    );
  }

  async function addArtifact(
    n: number,
    stepName: string,
    options: { cpuMs?: number; failed?: boolean } = {},
  ) {
    const { cpuMs = 500, failed = false } = options;
    const step = chain.step(stepName);
    const kind = ownKindOf(step);
    const address = chain.addressesFor(masterOf(n)).get(kind);
    await pool.query(
      `insert into artifacts (address, kind, step, version, master, seen_at, recipe, failed)
       values ($1, $2, $3, 1, $4, now(), $5, $6)`,
      [address, kind, stepName, masterOf(n), recipes.get(kind), failed],
    );
    if (!failed) await addAttempt(n, stepName, cpuMs);
  }

  async function addAttempt(n: number, stepName: string, cpuMs: number, gpuMs: number | null = null) {
    const kind = ownKindOf(chain.step(stepName));
    await pool.query(
      `insert into step_attempts (track_id, step, address, started_at, worker, version, kind, status, how,
         finished_at, duration_ms, cpu_ms, gpu_ms, delivery_attempt)
       values ($1, $2, $3, now(), 'w', 1, $4, 'succeeded', 'computed', now(), 1, $5, $6, 1)`,
      [trackIdOf(n), stepName, chain.addressesFor(masterOf(n)).get(kind), kind, cpuMs, gpuMs],
    );
  }

  async function addDone(n: number, options: { cpuMs?: number } = {}) {
    await addTrack(n);
    for (const { name } of chain.steps) await addArtifact(n, name, options);
  }

  test("the database computes the addresses that the chain does", async () => {
    const model = { name: "m", version: "1", digest: "abc" };
    const steps = chainWith({ encode: { params: { b: 1, a: "x\"'\\\n" }, model } }).steps;
    for (const step of steps) {
      const inputs = Object.fromEntries(
        Object.keys(step.consumes).map((input) => [input, randomBytes(32).toString("hex")]),
      );
      const sql = addressSql(
        step,
        Object.fromEntries(Object.keys(inputs).map((input, i) => [input, `$${i + 1}::text`])),
      );
      const { rows } = await pool.query(`select ${sql} as address`, Object.values(inputs));
      expect(rows).toEqual([{ address: addressOf(step, inputs) }]);
    }
  });

  test("an empty catalog, and one where all is there: nothing runs", async () => {
    expect(await planCatalog(pool, chain)).toMatchObject({ masters: 0, complete: 0, steps: [] });
    await addDone(1);
    await addDone(2);
    expect(await planCatalog(pool, chain)).toMatchObject({ masters: 2, complete: 2, steps: [], cpuSec: 0 });
  });

  test("what is made only by name is planned by name only", async () => {
    await addDone(1);
    const Rare = defineKind({ ...Extra, name: "rare", defaultTarget: false });
    const withRare = createChain([...chain.steps, stepSpec("rare", [Pcm], Rare)]);
    expect(await planCatalog(pool, withRare)).toMatchObject({
      targets: ["tempo", "aac"],
      complete: 1,
      steps: [],
    });
    const named = await planCatalog(pool, withRare, { targets: ["rare"] });
    expect(named).toMatchObject({
      targets: ["rare"],
      complete: 0,
      steps: [
        { step: "decode", runs: 1, why: { expired: 1 } },
        { step: "rare", runs: 1 },
      ],
    });
  });

  test("of several outputs each is there or not by itself, and one step makes all that are needed", async () => {
    const Gone = defineKind({
      ...Extra,
      name: "gone",
      retention: "intermediate",
      payload: { contentType: "application/octet-stream", extension: "bin" },
    });
    const Kept = defineKind({ ...Extra, name: "kept" });
    const Late = defineKind({ ...Extra, name: "late", defaultTarget: false });
    const parts = stepSpec("parts", [Master], { a: Gone, b: Kept, c: Late });
    const extraOfBoth = stepSpec("extra", [Gone, Kept], Extra);
    const several = createChain([parts, extraOfBoth]);
    const own = recipes.size > 0 ? recipesOf(several) : recipes;
    const add = (kind: string, { failed = false } = {}) =>
      pool.query(
        `insert into artifacts (address, kind, step, version, master, seen_at, recipe, failed)
         values ($1, $2, 'parts', 1, $3, now(), $4, $5)`,
        [several.addressesFor(masterOf(1)).get(kind), kind, masterOf(1), own.get(kind), failed],
      );
    const planned = (targets?: readonly string[]) => planCatalog(pool, several, { targets });
    await addTrack(1);
    expect((await planned()).steps.map(({ step }) => step)).toEqual(["parts", "extra"]);
    await add("gone");
    await add("kept");
    // What has expired matters where somebody needs it.
    expect(await planned(["kept"])).toMatchObject({ complete: 1, steps: [] });
    expect((await planned()).steps).toMatchObject([
      { step: "parts", runs: 1, why: { expired: 1 } },
      { step: "extra", runs: 1, why: { missing: 1 } },
    ]);
    // One that the step has got since.
    expect((await planned(["late"])).steps).toMatchObject([{ step: "parts", runs: 1, why: { missing: 1 } }]);
    await add("late", { failed: true });
    expect(await planned(["late"])).toMatchObject({ unreachable: 1, steps: [] });
    const tracks = await planTracks(pool, several, { targets: ["extra"], force: [], limit: 5 }, {});
    expect(tracks.map(({ plan }) => [...plan.runs])).toEqual([
      [
        ["parts", "expired"],
        ["extra", "missing"],
      ],
    ]);
  });

  test("a chain that changes while the database looks is read as it was when it was asked", async () => {
    await addDone(1);
    const live = createLiveChain(chain);
    // In the place of decode, the first step: what the database says of each step moves on by one.
    const changed = { ...chain.step("decode"), version: 2 };
    const request = { targets: ["tempo", "aac"], force: [], limit: 10 };
    const planning = Promise.all([planCatalog(pool, live), planTracks(pool, live, request, {})]);
    expect(live.update([changed, extra])).toEqual([]);
    const [plan, tracks] = await planning;
    expect(plan).toMatchObject({ masters: 1, complete: 1, steps: [] });
    expect(tracks.map((track) => [...track.plan.runs])).toEqual([[]]);
    expect((await planTracks(pool, live, request, {})).map((track) => track.plan.runs.size)).toEqual([4]);
  });

  test("tracks with the same bytes are one master", async () => {
    await addDone(1);
    await pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at)
       select '01900000-0000-7000-8000-00000000ffff', master, 1, 'upload', '{}', '{}', now() from tracks`,
    );
    expect(await planCatalog(pool, chain)).toMatchObject({ masters: 1, complete: 1 });
  });

  test("a raised version: that step and what follows, with expired intermediates made again, and the cost", async () => {
    await addDone(1, { cpuMs: 400 });
    await addDone(2, { cpuMs: 600 });
    await addTrack(3);
    const plan = await planCatalog(pool, chainWith({ tempo: { version: 2 } }));
    expect(plan).toMatchObject({ masters: 3, complete: 0, unreachable: 0 });
    expect(plan.steps).toEqual([
      {
        step: "decode",
        version: 1,
        runs: 3,
        why: { expired: 2, missing: 1 },
        cpuSecEach: 0.5,
        cpuSec: 1.5,
        ...noGpu,
      },
      {
        step: "downsample",
        version: 1,
        runs: 3,
        why: { expired: 2, missing: 1 },
        cpuSecEach: 0.5,
        cpuSec: 1.5,
        ...noGpu,
      },
      {
        step: "tempo",
        version: 2,
        runs: 3,
        why: { version: 2, missing: 1 },
        cpuSecEach: 0.5,
        cpuSec: 1.5,
        ...noGpu,
      },
      { step: "encode", version: 1, runs: 1, why: { missing: 1 }, cpuSecEach: 0.5, cpuSec: 0.5, ...noGpu },
    ]);
    expect(plan.cpuSec).toBe(5);
  });

  test("a step that asks for a GPU costs what attempts that had one took of it and of CPUs", async () => {
    await addTrack(1);
    await addTrack(2);
    const onGpu = chainWith({ tempo: { accelerator: "gpu" } });
    const planned = async () => (await planCatalog(pool, onGpu, { targets: ["tempo"] })).steps.at(-1);
    await addAttempt(1, "tempo", 9_000);
    expect(await planned()).toMatchObject({ cpuSecEach: null, gpuSecEach: null, gpuSec: null });
    await addAttempt(2, "tempo", 100, 300);
    expect(await planned()).toMatchObject({
      runs: 2,
      cpuSecEach: 0.1,
      cpuSec: 0.2,
      gpuSecEach: 0.3,
      gpuSec: 0.6,
    });
    expect(await planCatalog(pool, onGpu, { targets: ["tempo"] })).toMatchObject({ gpuSec: 0.6 });
    expect(await planCatalog(pool, chain, { targets: ["tempo"] })).toMatchObject({ gpuSec: 0 });
  });

  test("a known failure is not run again, and is counted; a step that has never run has no known cost", async () => {
    await addTrack(1);
    await addArtifact(1, "decode", { failed: true });
    expect(await planCatalog(pool, chain)).toMatchObject({ masters: 1, unreachable: 1, steps: [] });
    const forced = await planCatalog(pool, chain, { targets: ["aac"], force: ["decode"] });
    expect(forced.steps).toEqual([
      { step: "decode", version: 1, runs: 1, why: { forced: 1 }, cpuSecEach: null, cpuSec: null, ...noGpu },
      { step: "encode", version: 1, runs: 1, why: { missing: 1 }, cpuSecEach: null, cpuSec: null, ...noGpu },
    ]);
  });

  test("a part of the catalog: one track, those accepted since, those that ended so", async () => {
    await addDone(1);
    await addTrack(2, "2025-06-01T00:00:00Z");
    await pool.query("update tracks set id = $2 where id = $1", [
      trackIdOf(2),
      lowestTrackId(new Date("2025-06-01")),
    ]);
    const masters = async (request: Parameters<typeof planCatalog>[2]) =>
      (await planCatalog(pool, chain, request)).masters;
    expect(await masters({})).toBe(2);
    expect(await planCatalog(pool, chain, { trackId: trackIdOf(1) })).toMatchObject({
      masters: 1,
      complete: 1,
    });
    expect(await masters({ acceptedSince: new Date("2025-05-01") })).toBe(1);
    expect(await masters({ state: "done" })).toBe(2);
    expect(await masters({ state: "failed", acceptedSince: new Date("2025-05-01") })).toBe(0);
  });

  test("an unknown target or step is refused by name", async () => {
    await expect(planCatalog(pool, chain, { targets: ["loudnes"] })).rejects.toThrow('no target "loudnes"');
    await expect(planCatalog(pool, chain, { force: ["temp"] })).rejects.toThrow('no step "temp"');
  });
});
