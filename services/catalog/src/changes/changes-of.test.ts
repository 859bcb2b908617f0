import { type Pool, readChanges } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { defaultOwner, requestIdOf } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { createBackfillRows } from "../backfill/backfill-rows.ts";
import { acceptedFacts, backfillFacts, outcomeFacts, requestFacts } from "../facts-of.ts";
import { accepted, at, chain, failed, outcome, replayed, requested, trackId } from "../fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "../fixtures/shuffle.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { createReplayWatches } from "../reconcile/replay-watches.ts";
import { createWatches } from "../reconcile/watches.ts";
import { type Facts, mergeFacts } from "../rows.ts";
import type { OnTold } from "../write-catalog.ts";

describe.each(testDatabases)("what is told over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));

  const apply = (...facts: Facts[]) => applyFacts(pool, chain, mergeFacts(facts));
  const track = (n: number) => acceptedFacts(accepted(n));
  const steps = (n: number) => chain.steps.map(({ name }) => outcomeFacts(outcome(n, name)));
  /** All that was told, in few words. */
  const told = async () => {
    const { changes } = await readChanges(pool, { after: 0, limit: 1_000 });
    return changes.map(({ type, step, state }) => [type, ...(step ? [step] : []), state].join(" "));
  };

  test("a track's life is told from its acceptance to its end, each thing once however often it comes", async () => {
    await apply(track(1));
    for (const step of steps(1)) await apply(step);
    for (const facts of [track(1), ...steps(1)]) await apply(facts);
    await apply(track(1), ...steps(1));
    expect(await told()).toEqual([
      "track.accepted accepted",
      ...["decode", "downsample", "tempo", "key"].map((step) => `step.succeeded ${step} processing`),
      "step.succeeded encode done",
      "track.done done",
    ]);
  });

  test("in any order, doubled and together the same is told, beginning with the acceptance", async () => {
    for (const seed of [1, 2, 3]) {
      const facts = [track(seed), ...steps(seed)];
      for (const each of shuffleWithDuplicates(facts, seededRandom(seed))) await apply(each);
    }
    const { changes } = await readChanges(pool, { after: 0, limit: 1_000 });
    for (const seed of [1, 2, 3]) {
      const own = changes.filter((change) => change.trackId === trackId(seed));
      expect(own[0]?.type).toBe("track.accepted");
      expect(own.at(-1)?.type).toBe("track.done");
      expect(own.flatMap(({ step }) => step ?? []).toSorted()).toEqual(
        chain.steps.map(({ name }) => name).toSorted(),
      );
      expect(own).toHaveLength(2 + chain.steps.length);
    }
  });

  test("a failure is told with its code, and what came to nothing, or to a part, as that", async () => {
    await apply(track(1), outcomeFacts(outcome(1, "decode", failed())));
    await apply(track(2), ...steps(2).slice(0, 4), outcomeFacts(outcome(2, "encode", failed())));
    const { changes } = await readChanges(pool, { after: 0, limit: 1_000 });
    expect(changes.filter(({ type }) => type === "step.failed")).toMatchObject([
      { trackId: trackId(1), requestId: trackId(1), step: "decode", code: "not-audio", state: "failed" },
      { trackId: trackId(2), step: "encode", code: "not-audio", state: "partial" },
    ]);
    expect((await told()).filter((words) => /^track\.(?!acc)/.test(words))).toEqual([
      "track.failed failed",
      "track.partial partial",
    ]);
  });

  test("a replay is told when it is asked for and when it is answered, of a track at rest too", async () => {
    await apply(track(1), ...steps(1));
    const { changes: before } = await readChanges(pool, { after: 0, limit: 1_000 });
    const replay = replayed(1, ["tempo"], 10);
    await apply(requestFacts(replay));
    await apply(requestFacts(replay));
    const again = { requestId: replay.requestId, sec: 20 };
    for (const step of chain.steps)
      await apply(
        outcomeFacts(
          outcome(1, step.name, { ...again, ...(step.name === "tempo" ? {} : { how: "skipped" }) }),
        ),
      );
    const { changes } = await readChanges(pool, { after: before.length, limit: 1_000 });
    expect(changes.map(({ type }) => type)).toEqual([
      "request.added",
      ...chain.steps.map(() => "step.succeeded"),
      "request.answered",
    ]);
    expect(new Set(changes.map(({ requestId }) => requestId))).toEqual(new Set([replay.requestId]));
    expect(new Set(changes.map(({ state }) => state))).toEqual(new Set(["done"]));
  });

  test("what a backfill asks is told with its beginning and its end, and that a track is open again", async () => {
    const few = { targets: ["tempo"], wants: ["decode", "downsample", "tempo"] };
    await apply(acceptedFacts(accepted(1, few)), ...steps(1).slice(0, 3));
    const before = (await told()).length;
    const heard: string[] = [];
    const rows = createBackfillRows(pool, chain, (changes) => heard.push(...changes.map(({ type }) => type)));
    const id = trackId(9);
    await apply(
      backfillFacts({
        ...{ v: 1, type: "BackfillRequested", backfillId: id, targets: ["key"], force: [], inFlight: 1 },
        selection: { trackId: null, acceptedSince: null, state: null },
        requestedAt: at(10),
      }),
    );
    await rows.claim("a-driver");
    const requestId = requestIdOf(id, trackId(1));
    const request = requested(1, { cause: "backfill", requestId, targets: ["key"], requestedAt: at(10) });
    const item = {
      request: { ...request, wants: ["decode", "downsample", "key"] },
      runs: { key: "missing" as const },
    };
    await rows.begin({ id, driver: "a-driver" }, [item], { cursor: null, complete: 0, quietMs: 1_000 });
    await apply(outcomeFacts(outcome(1, "key", { requestId, sec: 20 })));
    for (let times = 0; times < 2; times++) await rows.settle(id, [{ trackId: trackId(1), failures: [] }]);
    expect((await told()).slice(before)).toEqual([
      "request.added processing",
      "track.reopened processing",
      "step.succeeded key done",
      "track.done done",
      "request.answered done",
    ]);
    // With what the projector hears of: the step, and that the track has ended.
    expect(heard).toEqual(["request.added", "track.reopened", "request.answered"]);
  });

  test("that nothing more is tried for a track, or for a replay, is told by the catalog that has given up", async () => {
    await apply(track(1), track(2), ...steps(2));
    const replay = replayed(2, ["tempo"], 10);
    await apply(requestFacts(replay));
    const before = (await told()).length;
    const now = new Date(Date.now() + 60_000);
    const next = { announcedAgain: 2, now, nextLookAt: now, stuck: "nobody has taken it up" };
    const quiet = {
      id: trackId(1),
      owner: defaultOwner,
      master: null,
      wants: [],
      endedSteps: [],
      announcedAgain: 2,
    };
    const heard: string[] = [];
    const onTold: OnTold = (changes) => heard.push(...changes.map(({ type }) => type));
    const watches = createWatches(pool, onTold);
    expect(await watches.claim(quiet, next)).toBe(true);
    expect(await watches.claim(quiet, next)).toBe(false);
    expect(heard).toEqual(["track.stuck"]);
    const replays = createReplayWatches(pool, chain, { onTold });
    const [due] = await replays.findDue(now, 0, 1);
    expect(due).toMatchObject({ requestId: replay.requestId });
    if (due) expect(await replays.claim(due, next)).toBe(true);
    expect(heard).toEqual(["track.stuck", "track.stuck"]);
    expect((await told()).slice(before)).toEqual(["track.stuck accepted", "track.stuck done"]);
  });

  test.each(["at rest", "in the tables"])(
    "a replay's message that comes again after the answer answers nothing again, of a track %s",
    async (where) => {
      const failing = where === "in the tables";
      const end = (step: string) => outcome(1, step, failing && step === "encode" ? failed() : {});
      await apply(track(1), ...chain.steps.map(({ name }) => outcomeFacts(end(name))));
      const replay = replayed(1, ["tempo"], 10);
      const again = { requestId: replay.requestId, sec: 20 };
      const answers = chain.steps.map(({ name }) =>
        outcomeFacts(outcome(1, name, { ...again, ...(name === "tempo" ? {} : { how: "skipped" }) })),
      );
      // The answers may be there before the question is.
      await apply(requestFacts(replay), ...answers);
      for (let times = 0; times < 2; times++) await apply(requestFacts(replay));
      await apply(requestFacts(replay), ...answers);
      expect((await told()).filter((words) => words.startsWith("request."))).toHaveLength(2);
      const { rows } = await pool.query("select count(*)::int as count from replay_watches");
      expect(rows).toEqual([{ count: 0 }]);
    },
  );

  test("a replay that was given up is told as answered when it is, late as it may be", async () => {
    await apply(track(2), ...steps(2));
    const replay = replayed(2, ["tempo"], 10);
    await apply(requestFacts(replay));
    const now = new Date(Date.now() + 60_000);
    const watches = createReplayWatches(pool, chain);
    const [due] = await watches.findDue(now, 0, 1);
    const next = { announcedAgain: 2, now, nextLookAt: now, stuck: "nobody has taken it up" };
    expect(due && (await watches.claim(due, next))).toBe(true);
    const again = { requestId: replay.requestId, sec: 20 };
    for (const step of chain.steps)
      await apply(
        outcomeFacts(
          outcome(2, step.name, { ...again, ...(step.name === "tempo" ? {} : { how: "skipped" }) }),
        ),
      );
    const after = (await told()).filter((words) => !words.startsWith("step."));
    expect(after.slice(-2)).toEqual(["track.stuck done", "request.answered done"]);
  });
});
