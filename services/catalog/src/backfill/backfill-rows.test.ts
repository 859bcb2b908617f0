import { type Pool, readBackfills, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, Master } from "@segue/contracts";
import { planTracks } from "@segue/plan";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, at, chain, outcome, requested, trackId } from "../fixtures/chain.ts";
import { startTestPool, type TestPool } from "../fixtures/test-pool.ts";
import { mergeFacts } from "../rows.ts";
import { type BackfillRows, createBackfillRows } from "./backfill-rows.ts";
import { planItem } from "./plan-item.ts";

const kind = (name: string) =>
  defineKind({ name, retention: "derivative", payload: null, facts: z.unknown() });
const backfillId = (n: number) => `018f0000-0000-7000-8000-0000000000b${n}`;

describe.each(testDatabases)("on an $name", (database) => {
  let started: TestPool;
  let pool: Pool;
  beforeAll(async () => {
    started = await startTestPool(database, {
      maxConnections: 2,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 10_000,
    });
    ({ pool } = started);
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
  });

  async function addBackfill(n: number, targets: string[]): Promise<string> {
    await pool.query(
      `insert into backfills (id, targets, force, selection, in_flight, requested_at, driver)
       values ($1, $2, '{}', '{"trackId":null,"acceptedSince":null,"state":null}', 10, now(), 'a-driver')`,
      [backfillId(n), targets],
    );
    return backfillId(n);
  }

  test("two backfills that two catalogs drive at the same moment both widen a track", async () => {
    const makers = createChain(["a", "x", "y"].map((name) => stepSpec(`make-${name}`, [Master], kind(name))));
    await applyFacts(pool, makers, acceptedFacts(accepted(1, { targets: ["a"], wants: ["make-a"] })));
    const rows = createBackfillRows(pool, makers);
    // Each plans before the other notes.
    const plans = await Promise.all(
      ["x", "y"].map((target) =>
        planTracks(pool, makers, { targets: [target], force: [], limit: 10 }, { trackId: trackId(1) }),
      ),
    );
    for (const [n, target] of ["x", "y"].entries()) {
      const [track] = plans[n] ?? [];
      const id = await addBackfill(n, [target]);
      const options = { backfillId: id, targets: [target], now: new Date(1_800_000_000_000 + n) };
      const item = track && planItem(makers, track, options);
      if (!item) throw new Error("nothing was planned");
      await rows.begin({ id, driver: "a-driver" }, [item], {
        cursor: track.id,
        complete: 0,
        quietMs: 60_000,
      });
    }
    const track = await readTrack(pool, trackId(1));
    expect(track?.targets).toEqual(["a", "x", "y"]);
    expect(track?.wants).toEqual(["make-a", "make-x", "make-y"]);
    // What was asked for at first is not touched by it.
    await applyFacts(pool, makers, outcomeFacts({ ...outcome(1, "decode"), step: "make-a", kind: "a" }));
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "processing", finishedAt: at(1) });
  });

  test("what a backfill has under way shows at the track, until an outcome of that version is there", async () => {
    const done = chain.steps.map(({ name }) => outcomeFacts(outcome(2, name)));
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(2)), ...done]));
    const raised = createChain(
      chain.steps.map((step) => (step.name === "tempo" ? { ...step, version: 3 } : step)),
    );
    const request = { targets: ["tempo"], force: [], limit: 10 };
    const [track] = await planTracks(pool, raised, request, { trackId: trackId(2) });
    const id = await addBackfill(3, ["tempo"]);
    const item = track && planItem(raised, track, { backfillId: id, targets: ["tempo"], now: new Date() });
    if (!item) throw new Error("nothing was planned");
    const rows = createBackfillRows(pool, raised);
    await rows.begin({ id, driver: "a-driver" }, [item], { cursor: track.id, complete: 0, quietMs: 60_000 });
    const tempoOf = async () =>
      (await readTrack(pool, trackId(2)))?.outcomes.find(({ step }) => step === "tempo");
    const expected = { since: expect.any(String), version: 3, reason: "version" };
    expect(await tempoOf()).toMatchObject({ status: "succeeded", version: 1, recomputing: expected });

    const now = new Date().toISOString();
    const made = (version: number, address: string) => {
      const told = outcome(2, "tempo", { version, address });
      return outcomeFacts({ ...told, attempt: { ...told.attempt, startedAt: now, finishedAt: now } });
    };
    // A worker of the version before is still up.
    await applyFacts(pool, raised, made(2, "d".repeat(64)));
    expect(await tempoOf()).toMatchObject({ version: 2, recomputing: expected });
    expect((await readBackfills(pool, id))[0]?.waitingFor).toMatchObject({ tempo: 1 });
    await applyFacts(pool, raised, made(3, "e".repeat(64)));
    expect(await tempoOf()).toMatchObject({ version: 3, recomputing: null });
    expect((await readBackfills(pool, id))[0]?.waitingFor).not.toHaveProperty("tempo");
  });

  test("a catalog looks after a backfill while there is something to do, and others when it has died; one that rests is nobody's", async () => {
    const rows = createBackfillRows(pool, chain);
    await pool.query("truncate backfills, backfill_tracks");
    const dueFor = async (...drivers: string[]) => Promise.all(drivers.map((driver) => rows.readDue(driver)));
    expect(await dueFor("one", "other")).toEqual([undefined, undefined]);

    const id = await addBackfill(5, ["tempo"]);
    expect(await dueFor("one", "other")).toEqual([0, 0]);
    expect((await rows.claim("one")).map((backfill) => backfill.id)).toEqual([id]);
    const [own, leased] = await dueFor("one", "other");
    expect(own).toBe(0);
    expect(leased).toBeGreaterThan(0);
    expect(leased).toBeLessThanOrEqual(15_000);
    expect(await rows.claim("other")).toEqual([]);

    const steer = (state: string) => pool.query("update backfills set state = $1 where id = $2", [state, id]);
    await steer("paused");
    expect(await dueFor("one", "other")).toEqual([undefined, undefined]);
    expect(await rows.claim("one")).toEqual([]);
    await rows.letGo("one");
    await steer("running");
    // Whoever is told to go on.
    expect(await dueFor("other")).toEqual([0]);
    expect((await rows.claim("other")).map((backfill) => backfill.id)).toEqual([id]);
    // Who has stood still meanwhile ends nothing over the other's head.
    expect(await rows.mayEnd({ id, driver: "one" })).toBe(false);
    await rows.finish({ id, driver: "one" });
    expect((await rows.claim("other")).map((backfill) => backfill.id)).toEqual([id]);
    expect(await rows.mayEnd({ id, driver: "other" })).toBe(true);
    await rows.finish({ id, driver: "other" });
    expect(await dueFor("one", "other")).toEqual([undefined, undefined]);
  });

  test("one that its catalog can't go on with is left to others, and taken again where there are none", async () => {
    const rows = createBackfillRows(pool, chain);
    await pool.query("truncate backfills, backfill_tracks");
    const id = await addBackfill(8, ["tempo"]);
    const claimedBy = async (driver: string, failing: readonly string[] = []) =>
      (await rows.claim(driver, failing)).map((backfill) => backfill.id);
    const pass = (sec: number) =>
      pool.query("update backfills set driven_until = driven_until - make_interval(secs => $1)", [sec]);
    expect(await claimedBy("one")).toEqual([id]);
    expect(await rows.readDue("one", [id])).toBeGreaterThan((await rows.readDue("other")) ?? 0);
    expect(await claimedBy("one", [id])).toEqual([]);
    await pass(16);
    expect(await claimedBy("one", [id])).toEqual([]);
    expect(await claimedBy("other")).toEqual([id]);
    await pass(21);
    expect(await rows.readDue("other", [id])).toBe(0);
    expect(await claimedBy("other", [id])).toEqual([id]);
  });

  test("none is ended while something is under way for it, and of one that is over nothing is looked after", async () => {
    const rows = createBackfillRows(pool, chain);
    await pool.query("truncate backfills, backfill_tracks");
    const id = await addBackfill(7, ["tempo"]);
    const driven = { id, driver: "a-driver" };
    await pool.query(
      `insert into backfill_tracks (backfill_id, track_id, request_id, runs, announced_at, announce_again_at)
       values ($1, $2, $2, '{}', now(), now() + interval '1 hour')`,
      [id, trackId(7)],
    );
    expect(await rows.mayEnd(driven)).toBe(false);
    await rows.finish(driven);
    expect(await readBackfills(pool, id)).toMatchObject([{ state: "running", underWay: 1 }]);
    // An older release may have ended it so.
    await pool.query("update backfills set state = 'done', finished_at = now()");
    expect(await rows.readDue("another")).toBe(0);
    await rows.leaveAlone();
    expect((await pool.query("select from backfill_tracks")).rowCount).toBe(0);
    expect(await rows.readDue("another")).toBeUndefined();
  });

  test("one that is paused, or cancelled, is looked after until what is under way has ended", async () => {
    const rows = createBackfillRows(pool, chain);
    await pool.query("truncate backfills, backfill_tracks");
    const id = await addBackfill(6, ["tempo"]);
    await pool.query(
      `insert into backfill_tracks (backfill_id, track_id, request_id, runs, announced_at, announce_again_at)
       values ($1, $2, $2, '{}', now(), now() + interval '1 hour')`,
      [id, trackId(6)],
    );
    await pool.query("update backfills set state = 'paused'");
    expect(await rows.readDue("one")).toBe(0);
    expect((await rows.claim("one")).map((backfill) => backfill.id)).toEqual([id]);
    // Its message may be lost, and come to no end before somebody has it go on: a look now and then is enough.
    expect(await rows.readDue("one")).toBeGreaterThan(10_000);
    expect(await rows.claim("one")).toEqual([]);
    await pool.query("update backfills set state = 'running'");
    expect(await rows.readDue("one")).toBe(0);
    await pool.query("update backfills set state = 'cancelled', finished_at = now()");
    expect(await rows.readDue("one")).toBe(0);
    await rows.leaveAlone();
    expect(await rows.claim("one")).toEqual([]);
    expect(await rows.readDue("one")).toBeUndefined();
  });

  const ends: readonly [string, number, (rows: BackfillRows, id: string, track: string) => Promise<void>][] =
    [
      [
        "ends without an outcome",
        3,
        (rows, id, track) =>
          rows.settle(id, [{ trackId: track, failures: [{ step: "master", code: "source-not-found" }] }]),
      ],
      [
        "is cancelled",
        4,
        async (rows, id) => {
          await pool.query("update backfills set state = 'cancelled', finished_at = now() where id = $1", [
            id,
          ]);
          await rows.leaveAlone();
        },
      ],
    ];
  test.each(ends)("a backfill that %s leaves nothing under way", async (_, n, end) => {
    const rows = createBackfillRows(pool, chain);
    const id = await addBackfill(n, ["tempo"]);
    const done = chain.steps.map(({ name }) => outcomeFacts(outcome(n, name)));
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(n)), ...done]));
    const asked = {
      cause: "backfill",
      requestId: trackId(40 + n),
      wants: ["tempo"],
      force: ["tempo"],
    } as const;
    const request = requested(n, { ...asked, wants: ["tempo"], force: ["tempo"], versions: { tempo: 1 } });
    const item = { request, runs: { tempo: "forced" as const } };
    await rows.begin({ id, driver: "a-driver" }, [item], {
      cursor: trackId(n),
      complete: 0,
      quietMs: 60_000,
    });
    const recomputing = async () =>
      (await readTrack(pool, trackId(n)))?.outcomes.filter((each) => each.recomputing !== null).length;
    expect(await recomputing()).toBe(1);
    await end(rows, id, trackId(n));
    expect(await recomputing()).toBe(0);
  });
});
