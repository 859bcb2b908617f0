import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Pool, readBackfills, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, Master, TrackAccepted, trackObjectName } from "@segue/contracts";
import { startGcsServer } from "@segue/local-cloud";
import { planTracks } from "@segue/plan";
import { createObjectStore } from "@segue/store";
import { createLogger } from "@segue/telemetry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, chain, names, outcome, trackId } from "../fixtures/chain.ts";
import { startTestPool, type TestPool } from "../fixtures/test-pool.ts";
import { mergeFacts } from "../rows.ts";
import { createBackfillRows } from "./backfill-rows.ts";
import { planAnnouncement } from "./plan-announcement.ts";
import { widenTrackObject } from "./widen-track-object.ts";

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
      `insert into backfills (id, targets, force, selection, in_flight, requested_at)
       values ($1, $2, '{}', '{"trackId":null,"acceptedSince":null,"state":null}', 10, now())`,
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
      const announcement = track && planAnnouncement(makers, track, [target]);
      if (!announcement) throw new Error("nothing was planned");
      const begun = [{ trackId: track.id, master: track.master, ...announcement }];
      const progress = { cursor: track.id, complete: 0, quietMs: 60_000 };
      await rows.begin(await addBackfill(n, [target]), begun, progress);
    }
    const track = await readTrack(pool, trackId(1));
    expect(track?.targets).toEqual(["a", "x", "y"]);
    expect(track?.wants).toEqual(["make-a", "make-x", "make-y"]);
    const { rows: first } = await pool.query("select asked_at_first from tracks where id = $1", [trackId(1)]);
    expect(first).toEqual([{ asked_at_first: ["make-a"] }]);
  });

  test("what a backfill has under way shows at the track, until an outcome of that version is there", async () => {
    const done = chain.steps.map(({ name }) => outcomeFacts(outcome(2, name)));
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(2)), ...done]));
    const raised = createChain(
      chain.steps.map((step) => (step.name === "tempo" ? { ...step, version: 3 } : step)),
    );
    const request = { targets: ["tempo"], force: [], limit: 10 };
    const [track] = await planTracks(pool, raised, request, { trackId: trackId(2) });
    const announcement = track && planAnnouncement(raised, track, ["tempo"]);
    if (!announcement) throw new Error("nothing was planned");
    const id = await addBackfill(3, ["tempo"]);
    const rows = createBackfillRows(pool, raised);
    const begun = [{ trackId: track.id, master: track.master, ...announcement }];
    await rows.begin(id, begun, { cursor: track.id, complete: 0, quietMs: 60_000 });
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

  test("a backfill that ends without an outcome leaves nothing under way", async () => {
    const rows = createBackfillRows(pool, chain);
    const id = await addBackfill(4, ["tempo"]);
    const done = chain.steps.map(({ name }) => outcomeFacts(outcome(3, name)));
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(3)), ...done]));
    const asked = { steps: ["tempo"], force: ["tempo"], rebuild: [], widened: undefined };
    const plan = { ...asked, runs: { tempo: "forced" as const }, versions: { tempo: 1 } };
    const begun = [{ trackId: trackId(3), master: accepted(3).master, ...plan }];
    await rows.begin(id, begun, { cursor: trackId(3), complete: 0, quietMs: 60_000 });
    const recomputing = async () =>
      (await readTrack(pool, trackId(3)))?.outcomes.filter((each) => each.recomputing !== null).length;
    expect(await recomputing()).toBe(1);
    const failures = [{ step: "master", code: "source-not-found" }];
    await rows.settle(id, [{ trackId: trackId(3), failures }]);
    expect(await recomputing()).toBe(0);
  });
});

test("backfills that widen a track's object at the same moment add to each other, and keep what was asked at first", async () => {
  const dir = await mkdtemp(join(tmpdir(), "segue-widen-"));
  await using gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: dir });
  const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
  const bucket = names.bucket("records");
  await store.ensureBucket({ name: bucket, softDeleteRetentionSec: 0 });
  const ref = {
    bucket,
    name: trackObjectName(createHash("sha256").update(trackId(1)).digest("hex"), trackId(1)),
  };
  const track = accepted(1, { targets: ["a"], wants: ["make-a"] });
  await store.writeObject({ ...ref, body: Buffer.from(JSON.stringify(track)), createOnly: true });
  const parts = { store, names, log: createLogger({ service: "catalog", level: "silent" }) };
  const targets = ["x", "y", "z"];
  await Promise.all(
    targets.map((target) => {
      const widened = { targets: ["a", target], wants: ["make-a", `make-${target}`] };
      return widenTrackObject(parts, { trackId: trackId(1), widened });
    }),
  );
  const written = TrackAccepted.parse(await store.readJson(ref));
  expect(written.targets.toSorted()).toEqual(["a", ...targets]);
  expect(written.wants.toSorted()).toEqual(["make-a", ...targets.map((target) => `make-${target}`)]);
  expect(written.askedAtFirst).toEqual(["make-a"]);
  await rm(dir, { recursive: true, force: true });
});
