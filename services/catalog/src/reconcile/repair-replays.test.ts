import {
  createAmendments,
  createArtifacts,
  createCheckpoints,
  createHolds,
  createRequestObjects,
  createTrackObjects,
} from "@segue/artifacts";
import { readHistory, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { blockOf, createId, requestObjectName } from "@segue/contracts";
import type { NewTask, Publisher } from "@segue/queue";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts, requestFacts } from "../facts-of.ts";
import { accepted, chain, masterOf, names, outcome, replayed, trackId } from "../fixtures/chain.ts";
import { oneClock } from "../fixtures/one-clock.ts";
import { startTestPool, type TestPool } from "../fixtures/test-pool.ts";
import { startTestStorage, type TestStorage } from "../fixtures/test-storage.ts";
import { deriveAnew } from "../rederive-tracks.ts";
import { mergeFacts } from "../rows.ts";
import type { Spent } from "../spent-intermediates.ts";
import { createProgress } from "./progress.ts";
import { type RepairReplaysOptions, repairReplays } from "./repair-replays.ts";
import { createReplayWatches } from "./replay-watches.ts";
import { createWatches } from "./watches.ts";

const quietMs = 60_000;

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  let storage: TestStorage;
  let options: RepairReplaysOptions;
  let nowMs: number;
  const tasks: NewTask[] = [];
  const spent: Spent[] = [];
  beforeAll(async () => {
    started = await startTestPool(kind);
    storage = await startTestStorage(["records", "scratch"]);
    const { store } = storage;
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const { pool } = started;
    nowMs = Date.now();
    options = {
      ...{ chain, log, quietMs, everyMs: 1_000, maxAnnouncements: 2, maxIdleAnnouncements: 2, onEvent() {} },
      watches: createWatches(pool),
      replays: createReplayWatches(pool, chain, { onSpent: (some) => spent.push(...some) }),
      requests: createRequestObjects(store, names),
      artifacts: createArtifacts(store, names),
      checkpoints: createCheckpoints(store, names),
      holds: createHolds(store, names),
      amendments: createAmendments(store, names),
      tracks: createTrackObjects(store, names),
      progress: createProgress(oneClock(() => nowMs)),
      publisher: { task: async (task: NewTask) => void tasks.push(task) } as Publisher,
      derive: (ids) => deriveAnew(pool, options.chain, ids),
      now: () => new Date(nowMs),
    };
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
    await storage[Symbol.asyncDispose]();
  });

  /** A track that is done, of which `tempo`, or more, was asked for again just now. */
  async function replay(n: number, force: string[] = ["tempo"]) {
    const { pool } = started;
    const done = chain.steps.map(({ name }) => outcomeFacts(outcome(n, name)));
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(n)), ...done]));
    const at = new Date(nowMs);
    const asked = { requestId: createId(at), requestedAt: at.toISOString() };
    const request = replayed(n, force, 0, asked);
    await options.requests.create(request);
    await applyFacts(pool, chain, requestFacts(request));
    const recomputing = async () =>
      (await readTrack(pool, trackId(n)))?.outcomes.flatMap((each) => (each.recomputing ? [each.step] : []));
    return { request, recomputing, looked: () => repairReplays(options) };
  }
  const taken = () => tasks.splice(0);
  const answer = async (n: number, steps: readonly string[], how: "computed" | "skipped" = "computed") => {
    const at = new Date(nowMs).toISOString();
    const told = steps.map((step) => {
      const each = outcome(n, step, { how });
      return outcomeFacts({ ...each, attempt: { ...each.attempt, startedAt: at, finishedAt: at } });
    });
    await applyFacts(started.pool, chain, mergeFacts(told));
  };

  test("a replay whose message was lost is sent to the steps that could run, and later to those that are left", async () => {
    const { request, recomputing, looked } = await replay(1);
    await looked();
    expect(taken()).toEqual([]);
    nowMs += 2 * quietMs;
    await looked();
    expect(taken()).toEqual([{ type: "Run", step: "decode", request: blockOf(request) }]);
    expect(await recomputing()).toEqual(["tempo"]);
    await answer(1, ["decode", "downsample"], "skipped");
    // What was heard of it shows that somebody is at work.
    nowMs += quietMs / 2;
    await looked();
    expect(taken()).toEqual([]);
    nowMs += 10 * quietMs;
    await looked();
    expect(taken().map(({ step }) => step)).toEqual(["tempo", "key", "encode"]);
    await answer(1, ["tempo", "key", "encode"]);
    expect(await recomputing()).toEqual([]);
    nowMs += 100 * quietMs;
    await looked();
    expect(taken()).toEqual([]);
    const { events } = await readHistory(started.pool, trackId(1));
    expect(events.map((event) => event.kind)).toEqual(["announced-again", "announced-again"]);
  });

  test("nobody waits for what was made meanwhile for somebody else", async () => {
    const { request, looked } = await replay(5, ["downsample", "tempo"]);
    await answer(5, ["decode", "downsample"]);
    nowMs += 10 * quietMs;
    await looked();
    const carriedOn = { ...blockOf(request), force: ["tempo"] };
    expect(taken()).toContainEqual({ type: "Run", step: "tempo", request: carriedOn });
    await answer(5, ["tempo", "key", "encode"]);
  });

  test("one that nobody takes up is given up in the end, and shows no more; an answer that comes late counts", async () => {
    const { recomputing, looked } = await replay(2);
    for (let times = 0; times < 5; times++) {
      nowMs += 100 * quietMs;
      await looked();
    }
    expect(taken()).toHaveLength(2);
    expect(await recomputing()).toEqual([]);
    // Nobody needs any more what it would have been made of.
    const addresses = chain.addressesFor(masterOf(2));
    const made = ["pcm", "mono16k"].map((intermediate) => addresses.get(intermediate));
    expect(spent.splice(0).map(({ address }) => address)).toEqual(made);
    expect(await readTrack(started.pool, trackId(2))).toMatchObject({ state: "done", stuck: null });
    const { events } = await readHistory(started.pool, trackId(2));
    expect(events.at(-1)).toMatchObject({ kind: "stuck", detail: expect.stringContaining("a replay") });
    await answer(
      2,
      chain.steps.map(({ name }) => name),
    );
    expect((await started.pool.query("select from replay_watches")).rowCount).toBe(0);
  });

  test("one whose request is overwritten is in no other's way", async () => {
    const one = await replay(6);
    const other = await replay(7);
    const ref = { bucket: names.bucket("records"), name: requestObjectName(one.request) };
    await storage.store.writeObject({ ...ref, body: Buffer.from("{"), createOnly: false });
    nowMs += 2 * quietMs;
    await other.looked();
    expect(taken().map(({ request }) => request.trackId)).toEqual([trackId(7)]);
    await storage.store.writeObject({
      ...{ ...ref, body: Buffer.from(JSON.stringify(one.request)), createOnly: false },
    });
    nowMs += 1.5 * quietMs;
    await one.looked();
    expect(taken().map(({ request }) => request.trackId)).toEqual([trackId(6)]);
    for (const n of [6, 7]) await answer(n, ["decode", "downsample", "tempo", "key", "encode"]);
  });

  test("one that is lost is found in one look behind many of which something was heard", async () => {
    const { pool } = started;
    const { looked } = await replay(30);
    const at = new Date(nowMs);
    const others = Array.from({ length: 120 }, () =>
      replayed(30, ["tempo"], 0, { requestId: createId(at), requestedAt: at.toISOString() }),
    );
    await applyFacts(pool, chain, mergeFacts(others.map(requestFacts)));
    const { request } = await replay(31);
    nowMs += 2 * quietMs;
    await answer(30, ["decode"], "skipped");
    await looked();
    expect(taken()).toEqual([{ type: "Run", step: "decode", request: blockOf(request) }]);
    for (const n of [30, 31])
      await answer(
        n,
        chain.steps.map(({ name }) => name),
      );
  });

  test("of two catalogs that look at the same moment one sends it", async () => {
    const { looked } = await replay(3);
    nowMs += 10 * quietMs;
    await Promise.all([looked(), looked()]);
    expect(taken()).toHaveLength(1);
  });

  test("what the queue did not take was not sent: an outage gives no replay up", async () => {
    const { request, recomputing } = await replay(4);
    const away = { task: () => Promise.reject(new Error("the queue is away")) };
    for (let times = 0; times < 5; times++) {
      nowMs += 100 * quietMs;
      const looking = repairReplays({ ...options, publisher: { ...options.publisher, ...away } });
      await expect(looking).rejects.toThrow("the queue is away");
    }
    nowMs += 100 * quietMs;
    await repairReplays(options);
    expect(taken()).toContainEqual({ type: "Run", step: "decode", request: blockOf(request) });
    expect(await recomputing()).toEqual(["tempo"]);
  });
});
