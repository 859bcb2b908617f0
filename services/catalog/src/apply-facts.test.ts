import { type Pool, readHistory, readTools, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import type { StepOutcome } from "@segue/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts, requestFacts } from "./facts-of.ts";
import { accepted, at, chain, failed, outcome, replayed, trackId } from "./fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "./fixtures/shuffle.ts";
import { startTestPool, type TestPool } from "./fixtures/test-pool.ts";
import { type Facts, mergeFacts } from "./rows.ts";

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  let pool: Pool;
  beforeAll(async () => {
    started = await startTestPool(kind, {
      maxConnections: 6,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 10_000,
    });
    ({ pool } = started);
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
  });

  /** All tables, as text, in an order of their own. */
  const dump = async () => {
    const tables = [
      "tracks",
      "jobs",
      "step_attempts",
      "step_outcomes",
      "artifacts",
      "dead_letters",
      "requests",
      "replay_watches",
      "packed_tracks",
      "packed_artifacts",
    ];
    const found: Record<string, unknown> = {};
    for (const table of tables) {
      const { rows } = await pool.query(
        `select to_jsonb(x) as row from ${table} x order by to_jsonb(x)::text`,
      );
      found[table] = rows;
    }
    return found;
  };
  const clear = () => emptyTables(pool);

  test("an attempt is kept with all that it says of itself", async () => {
    await clear();
    const told = outcome(1, "decode");
    const earlier = [{ worker: "host:2", startedAt: at(0), durationMs: 12.5, tools: { ffmpeg: "7.1" } }];
    const attempt = { ...told.attempt, gpuMs: 30, earlier, tools: { ffmpeg: "5.1" } };
    const messages = [acceptedFacts(accepted(1)), outcomeFacts({ ...told, attempt })];
    await applyFacts(pool, chain, mergeFacts(messages));
    expect((await readHistory(pool, trackId(1))).attempts.map((each) => each.attempt)).toEqual([attempt]);
    const track = await readTrack(pool, trackId(1));
    expect(track?.outcomes.map((each) => each.attempt)).toMatchObject([attempt]);
  });

  test("which builds made results of a version of a step, and when last, is told of what was computed", async () => {
    await clear();
    await pool.query("truncate tool_families");
    const told = (
      n: number,
      step: string,
      sec: number,
      family: string,
      changes: Partial<StepOutcome> = {},
    ) => {
      const message = outcome(n, step, { sec, ...changes });
      return outcomeFacts({ ...message, attempt: { ...message.attempt, tools: { ffmpeg: family } } });
    };
    await applyFacts(
      pool,
      chain,
      mergeFacts([
        told(1, "decode", 1, "5.1"),
        told(2, "decode", 300, "5.1"),
        told(3, "decode", 200, "5.1"),
        told(3, "encode", 200, "5.1"),
        told(4, "decode", 900, "9.0", { how: "skipped" }),
        outcomeFacts(outcome(5, "tempo")),
      ]),
    );
    const { version } = chain.step("decode");
    const one = [{ family: "5.1", seenAt: at(300) }];
    const decode = { step: "decode", version, tool: "ffmpeg" };
    expect(await readTools(pool, new Date(at(0)))).toMatchObject([
      { ...decode, families: one },
      { step: "encode", families: [{ family: "5.1", seenAt: at(200) }] },
    ]);
    // Another build, another version of the step; and what came late says nothing new.
    const next = version + 1;
    await applyFacts(
      pool,
      chain,
      mergeFacts([
        told(6, "decode", 400, "9.0"),
        told(7, "decode", 250, "5.1"),
        told(8, "decode", 500, "9.0", { version: next }),
      ]),
    );
    expect(await readTools(pool, new Date(at(250)))).toEqual([
      { ...decode, families: [...one, { family: "9.0", seenAt: at(400) }] },
      { ...decode, version: next, families: [{ family: "9.0", seenAt: at(500) }] },
    ]);
    expect(await readTools(pool, new Date(at(450)))).toHaveLength(1);
  });

  test("any order, any batches, any duplicates give one final state", async () => {
    const steps = ["decode", "downsample", "tempo", "key", "encode"];
    const job = { requestId: "r", releaseId: "1", assetId: "2", assetGuid: "g", derivativeAssets: ["aac"] };
    const messages: Facts[] = [
      // Done, and announced twice; replayed after a dead letter; blocked; without its acceptance.
      acceptedFacts(accepted(1, { job })),
      ...steps.map((step, i) => outcomeFacts(outcome(1, step, { sec: i + 1 }))),
      outcomeFacts(outcome(1, "tempo", { how: "skipped", sec: 30 })),
      acceptedFacts(accepted(2)),
      ...steps.map((step) => outcomeFacts(outcome(2, step, { sec: 50 }))),
      outcomeFacts(outcome(2, "decode", { ...failed("retries-exhausted"), sec: 20 })),
      acceptedFacts(accepted(3)),
      outcomeFacts(outcome(3, "decode", failed())),
      outcomeFacts(outcome(4, "decode")),
      acceptedFacts(accepted(5, { targets: [], wants: [] })),
      // Replayed, answered, and then its newer version failed.
      acceptedFacts(accepted(6)),
      ...steps.map((step) => outcomeFacts(outcome(6, step))),
      requestFacts(replayed(6, ["tempo"], 60)),
      ...steps.map((step) =>
        outcomeFacts(outcome(6, step, { sec: 70, how: step === "tempo" ? "computed" : "skipped" })),
      ),
      outcomeFacts(outcome(6, "tempo", { sec: 90, version: 2, address: "f".repeat(64), ...failed() })),
    ];
    let expected: unknown;
    for (let seed = 1; seed <= 8; seed++) {
      const random = seededRandom(seed);
      await clear();
      const stream = shuffleWithDuplicates(messages, random);
      while (stream.length > 0) {
        const batches = [
          stream.splice(0, 1 + Math.floor(random() * 9)),
          stream.splice(0, 1 + Math.floor(random() * 9)),
        ];
        await Promise.all(batches.map((batch) => applyFacts(pool, chain, mergeFacts(batch))));
      }
      const state = await dump();
      expected ??= state;
      expect(state, `seed ${seed}`).toEqual(expected);
    }
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "done", finishedAt: at(5) });
    expect(await readTrack(pool, trackId(2))).toMatchObject({ state: "done", finishedAt: at(50) });
    expect(await readTrack(pool, trackId(3))).toMatchObject({ state: "failed" });
    expect(await readTrack(pool, trackId(4))).toBeUndefined();
    expect(await readTrack(pool, trackId(5))).toMatchObject({ state: "done", finishedAt: null });
    const replayedTrack = await readTrack(pool, trackId(6));
    expect(replayedTrack).toMatchObject({ state: "done", finishedAt: at(1) });
    expect(replayedTrack?.outcomes.every(({ recomputing }) => recomputing === null)).toBe(true);
    expect((await pool.query("select from replay_watches")).rowCount).toBe(0);
  });

  const tempoOf = async (n: number) =>
    (await readTrack(pool, trackId(n)))?.outcomes.find(({ step }) => step === "tempo");

  test("a failed version, and a forced attempt that failed, leave the result that was there, facts and all", async () => {
    await clear();
    const told = { status: "succeeded" as const, facts: { bpm: 120 }, payload: null };
    await applyFacts(
      pool,
      chain,
      mergeFacts([
        acceptedFacts(accepted(1)),
        ...chain.steps.map(({ name }) => outcomeFacts(outcome(1, name, { outcome: told }))),
      ]),
    );
    const error = {
      code: "retries-exhausted" as const,
      message: "5 attempts failed",
      underlying: { code: "step-failed", message: "no beats" },
      attempts: 5,
    };
    const newer = { version: 2, address: "f".repeat(64), outcome: { status: "failed" as const, error } };
    await applyFacts(pool, chain, outcomeFacts(outcome(1, "tempo", { sec: 90, ...newer })));
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "done" });
    expect(await tempoOf(1)).toMatchObject({
      status: "succeeded",
      version: 1,
      results: [{ kind: "tempo", facts: { bpm: 120 } }],
      failedUpgrade: { version: 2, at: at(90), error },
    });
    await applyFacts(pool, chain, outcomeFacts(outcome(1, "key", { sec: 95, ...failed() })));
    const track = await readTrack(pool, trackId(1));
    expect(track?.outcomes.find(({ step }) => step === "key")).toMatchObject({
      status: "succeeded",
      results: [{ kind: "key", facts: { bpm: 120 } }],
      failedUpgrade: { version: 1, error: { code: "not-audio" } },
    });
  });

  test("a replay shows what is computed anew, and since when, until it is", async () => {
    await clear();
    const first = [
      acceptedFacts(accepted(1)),
      ...chain.steps.map(({ name }) => outcomeFacts(outcome(1, name))),
    ];
    await applyFacts(pool, chain, mergeFacts(first));
    await applyFacts(pool, chain, requestFacts(replayed(1, ["tempo"], 60)));
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "done", finishedAt: at(1) });
    const expected = { since: at(60), version: null, reason: "forced" };
    expect(await tempoOf(1)).toMatchObject({ status: "succeeded", recomputing: expected });
    await applyFacts(pool, chain, outcomeFacts(outcome(1, "tempo", { sec: 70 })));
    expect(await tempoOf(1)).toMatchObject({ recomputing: null, attempt: { finishedAt: at(70) } });
    expect((await readTrack(pool, trackId(1)))?.finishedAt).toBe(at(1));
  });

  test("writers that each hear of a part at the same moment see the whole", async () => {
    await clear();
    const ids = Array.from({ length: 20 }, (_, n) => n + 1);
    for (const n of ids) {
      const parts = [
        acceptedFacts(accepted(n)),
        ...chain.steps.map((step) => outcomeFacts(outcome(n, step.name))),
      ];
      await Promise.all(parts.map((part) => applyFacts(pool, chain, part)));
    }
    const tracks = await Promise.all(ids.map((n) => readTrack(pool, trackId(n))));
    expect(tracks.map((track) => track?.state)).toEqual(ids.map(() => "done"));
  });

  test("tracks of one master share one set of results", async () => {
    await clear();
    const master = accepted(1).master;
    const again = outcome(2, "decode", {
      how: "skipped",
      sec: 9,
      address: outcome(1, "decode").address,
      master,
    });
    await applyFacts(
      pool,
      chain,
      mergeFacts([
        acceptedFacts(accepted(1)),
        acceptedFacts(accepted(2, { master })),
        outcomeFacts(outcome(1, "decode")),
        outcomeFacts(again),
      ]),
    );
    const { rows } = await pool.query("select count(*)::int as count from artifacts");
    expect(rows).toEqual([{ count: 1 }]);
    for (const n of [1, 2]) {
      const track = await readTrack(pool, trackId(n));
      expect(track?.outcomes).toMatchObject([{ step: "decode", results: [{ facts: { made: "decode" } }] }]);
    }
  });

  test("texts that Postgres has no room for are mended, not lost", async () => {
    await clear();
    const facts = { tags: { "ti\u0000tle": "a\u0000b", artist: "\ud800" } };
    const message = outcome(1, "decode", { outcome: { status: "succeeded", facts, payload: null } });
    await applyFacts(
      pool,
      chain,
      mergeFacts([
        acceptedFacts(accepted(1, { title: "x\u0000", metadata: { id: "8" } })),
        outcomeFacts(message),
      ]),
    );
    expect(await readTrack(pool, trackId(1))).toMatchObject({
      title: "x\ufffd",
      metadata: { id: "8" },
      outcomes: [{ results: [{ facts: { tags: { "ti\ufffdtle": "a\ufffdb", artist: "\ufffd" } } }] }],
    });
  });
});
