import {
  listTracks,
  type Pool,
  readHistory,
  readPayload,
  readTrack,
  type StoredTrack,
} from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { defaultOwner, requestIdOf, requestObjectName, type StepOutcome } from "@segue/contracts";
import { planCatalog, planTracks } from "@segue/plan";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { createBackfillRows } from "./backfill/backfill-rows.ts";
import { planItem } from "./backfill/plan-item.ts";
import { readNotAsked } from "./backfill/read-tracks.ts";
import { acceptedFacts, outcomeFacts, requestFacts } from "./facts-of.ts";
import { applyUnpacked } from "./fixtures/apply-unpacked.ts";
import { accepted, at, chain, failed, masterOf, outcome, replayed, trackId } from "./fixtures/chain.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { createWatches } from "./reconcile/watches.ts";
import { packTracks } from "./rederive-tracks.ts";
import { type Facts, mergeFacts } from "./rows.ts";

const steps = chain.steps.map(({ name }) => name);
const payload = { bucket: "b", name: "n.m4a", sizeBytes: 7, crc32c: "AAAAAA==", contentType: "audio/mp4" };
const encoded = { outcome: { status: "succeeded", facts: { bitRateKbps: 128 }, payload } } as const;
const raised = createChain(
  chain.steps.map((step) => (step.name === "tempo" ? { ...step, version: 2 } : step)),
);

/** All that has come of a track of which nothing failed. */
function done(n: number, changes: Partial<StepOutcome> & { sec?: number } = {}): Facts[] {
  return [
    acceptedFacts(accepted(n)),
    ...steps.map((step) =>
      outcomeFacts(outcome(n, step, step === "encode" ? { ...encoded, ...changes } : changes)),
    ),
  ];
}

/** Tracks of which some are at rest, with a history of every kind. */
const told = (): Facts[] => [
  ...done(1),
  outcomeFacts(outcome(1, "tempo", { how: "skipped", sec: 30 })),
  // It failed once, and was replayed.
  ...done(2, { sec: 50 }),
  outcomeFacts(outcome(2, "decode", { ...failed("retries-exhausted"), sec: 20 })),
  requestFacts(replayed(2, ["tempo"], 60)),
  ...steps.map((step) => outcomeFacts(outcome(2, step, { sec: 70, requestId: trackId(2) }))),
  // A version from before, whose file is there still.
  ...done(3),
  outcomeFacts(outcome(3, "encode", { ...encoded, version: 0, address: "e".repeat(64) })),
  // One whose newer version failed, one that failed, and one that is under way.
  ...done(4),
  outcomeFacts(outcome(4, "tempo", { sec: 90, version: 2, address: "f".repeat(64), ...failed() })),
  acceptedFacts(accepted(5)),
  outcomeFacts(outcome(5, "decode", failed())),
  acceptedFacts(accepted(6)),
  outcomeFacts(outcome(6, "decode")),
];

function inOrder(track: StoredTrack | undefined) {
  const outcomes = track?.outcomes.toSorted((a, b) => (a.step < b.step ? -1 : 1));
  return { ...track, outcomes };
}

describe.each(testDatabases)("on an $name", (kind) => {
  let pool: Pool;
  usePool(kind, (opened) => {
    ({ pool } = opened);
  });
  beforeEach(() => emptyTables(pool));

  const apply = (facts: readonly Facts[]) => applyFacts(pool, chain, mergeFacts(facts));
  const idsIn = async (table: string): Promise<string[]> => {
    const { rows } = await pool.query<{ id: string }>(
      `select distinct track_id::text as id from ${table} order by 1`,
    );
    return rows.map(({ id }) => id);
  };
  const packed = () => idsIn("packed_tracks");
  const all = [1, 2, 3, 4, 5, 6].map(trackId);
  /** All that anybody is told of these tracks. Steps, and attempts of one moment, have no order. */
  const readAll = async () => ({
    tracks: (await Promise.all(all.map((id) => readTrack(pool, id)))).map(inOrder),
    lists: [
      (await listTracks(pool, { limit: 10 })).map(inOrder),
      (await listTracks(pool, { limit: 10 }, { failed: true })).map(inOrder),
    ],
    histories: (await Promise.all(all.map((id) => readHistory(pool, id)))).map(
      ({ attempts, ...history }) => ({ ...history, attempts: new Set(attempts) }),
    ),
    files: await Promise.all([
      readPayload(pool, { trackId: trackId(3), owner: defaultOwner }, "aac", "e".repeat(64)),
      readPayload(pool, { trackId: trackId(3), owner: defaultOwner }, "aac", outcome(3, "encode").address),
      readPayload(pool, { trackId: trackId(3), owner: defaultOwner }, "pcm", outcome(3, "encode").address),
      readPayload(pool, { trackId: trackId(3), owner: defaultOwner }, "aac", outcome(1, "encode").address),
    ]),
    plans: await Promise.all([chain, raised].map((each) => planCatalog(pool, each))),
    items: await Promise.all(
      [chain, raised].map((each) =>
        planTracks(pool, each, { targets: each.targets, force: ["key"], limit: 10 }, {}),
      ),
    ),
  });

  test("what is packed is read, and planned with, as it was before", async () => {
    await applyUnpacked(pool, told());
    expect(await packed()).toEqual([]);
    const before = await readAll();
    expect(before.files.map((file) => file?.payload)).toEqual([payload, payload, undefined, undefined]);
    expect(before.plans[0]).toMatchObject({ masters: 6, complete: 4 });
    expect(before.plans[1]?.steps).toContainEqual(
      expect.objectContaining({ step: "tempo", runs: 5, why: { version: 4, missing: 1 } }),
    );
    await packTracks(pool, chain);
    expect(await packed()).toEqual([1, 2, 3].map(trackId));
    for (const table of ["requests", "step_attempts", "step_outcomes"])
      expect(await idsIn(table)).not.toContain(trackId(1));
    const { rows } = await pool.query("select address from artifacts where master = any($1)", [
      [1, 2, 3].map(masterOf),
    ]);
    // Whose recipe is not known.
    expect(rows).toEqual([{ address: "e".repeat(64) }]);
    expect(await readAll()).toEqual(before);
  });

  test("a track is packed with its last outcome, and again by what comes twice", async () => {
    await apply(done(1).slice(0, -1));
    expect(await packed()).toEqual([]);
    await apply(done(1).slice(-1));
    expect(await packed()).toEqual([trackId(1)]);
    const read = () => Promise.all([readTrack(pool, trackId(1)), readHistory(pool, trackId(1))]);
    const before = await read();
    for (const facts of done(1)) await apply([facts]);
    expect(await read()).toEqual(before);
    for (const table of ["requests", "step_attempts", "step_outcomes"])
      expect(await idsIn(table)).toEqual([]);
    expect((await pool.query("select from artifacts")).rowCount).toBe(0);
    // Its result was found for another track's request.
    await apply([outcomeFacts(outcome(1, "key", { how: "skipped", sec: 40 }))]);
    expect(await packed()).toEqual([trackId(1)]);
    expect((await readHistory(pool, trackId(1))).attempts).toHaveLength(steps.length + 1);
  });

  test("what is asked of one puts it back, and its answer packs it again", async () => {
    await apply(done(1));
    const replay = replayed(1, ["tempo"], 60);
    await apply([requestFacts(replay)]);
    expect(await packed()).toEqual([]);
    expect(await idsIn("step_attempts")).toEqual([trackId(1)]);
    const tempoOf = async () =>
      (await readTrack(pool, trackId(1)))?.outcomes.find(({ step }) => step === "tempo");
    expect(await tempoOf()).toMatchObject({ status: "succeeded", recomputing: { reason: "forced" } });
    const answers = steps.map((step) => outcome(1, step, { sec: 70, requestId: replay.requestId }));
    await apply(answers.map(outcomeFacts));
    expect(await packed()).toEqual([trackId(1)]);
    expect(await tempoOf()).toMatchObject({ recomputing: null, attempt: { finishedAt: at(70) } });
    expect((await readTrack(pool, trackId(1)))?.requests.map(({ id }) => id)).toEqual([
      trackId(1),
      replay.requestId,
    ]);
    expect((await pool.query("select from replay_watches")).rowCount).toBe(0);
    // Whoever goes through storage for what the catalog has not heard of.
    const asked = [replay, accepted(1).request, replayed(1, [], 200)].map(requestObjectName);
    expect(await createWatches(pool).findUnknown(asked)).toEqual(asked.slice(2));
  });

  test("a failure of a later version opens one, and is found where failures are", async () => {
    await apply(done(1));
    await apply([
      outcomeFacts(outcome(1, "tempo", { sec: 9, version: 2, address: "f".repeat(64), ...failed() })),
    ]);
    expect(await packed()).toEqual([]);
    const track = await readTrack(pool, trackId(1));
    expect(track?.outcomes.find(({ step }) => step === "tempo")).toMatchObject({
      status: "succeeded",
      failedUpgrade: { version: 2 },
      results: [{ facts: { made: "tempo" } }],
    });
  });

  test("an item of a backfill opens one until it is settled, and is not asked for again", async () => {
    await apply(done(1));
    const backfillId = "018f0000-0000-7000-8000-0000000000b1";
    await pool.query(
      `insert into backfills (id, targets, force, selection, in_flight, requested_at, driver)
       values ($1, '{tempo}', '{tempo}', '{}', 10, now(), 'a-driver')`,
      [backfillId],
    );
    const [track] = await planTracks(pool, chain, { targets: ["tempo"], force: ["tempo"], limit: 1 }, {});
    const item = track && planItem(chain, track, { backfillId, targets: ["tempo"], now: new Date(at(100)) });
    if (!item) throw new Error("nothing was planned");
    const rows = createBackfillRows(pool, chain);
    const backfill = { id: backfillId, driver: "a-driver" };
    await rows.begin(backfill, [item], { cursor: track.id, complete: 0, quietMs: 60_000 });
    expect(await packed()).toEqual([]);
    const { requestId } = item.request;
    expect(requestId).toBe(requestIdOf(backfillId, trackId(1)));
    const now = new Date().toISOString();
    await apply(
      ["decode", "downsample", "tempo"].map((step) => {
        const made = outcome(1, step, { requestId });
        return outcomeFacts({ ...made, attempt: { ...made.attempt, startedAt: now, finishedAt: now } });
      }),
    );
    const [underWay] = await rows.underWay(backfillId, 60_000);
    expect(underWay?.ends.map(({ step }) => step).toSorted()).toEqual(["decode", "downsample", "tempo"]);
    await rows.settle(backfillId, [{ trackId: trackId(1), failures: [] }]);
    expect(await packed()).toEqual([trackId(1)]);

    expect(await readNotAsked(pool, backfillId, [{ id: trackId(1) }, { id: trackId(2) }])).toEqual([
      { id: trackId(2) },
    ]);
  });

  test("tracks of one master that come to rest at the same moment lose nothing of it", async () => {
    for (let round = 0; round < 10; round++) {
      await emptyTables(pool);
      const twin = (n: number) =>
        mergeFacts([
          acceptedFacts(accepted(1, { trackId: trackId(n) })),
          ...steps.map((step) =>
            outcomeFacts(outcome(1, step, { trackId: trackId(n), requestId: trackId(n) })),
          ),
        ]);
      const late = outcomeFacts(
        outcome(1, "key", {
          ...{ trackId: trackId(1), sec: 99 },
          outcome: { status: "succeeded", facts: { made: "late" }, payload: null },
        }),
      );
      await Promise.all([twin(1), twin(2), twin(3), late].map((facts) => applyFacts(pool, chain, facts)));
      expect(await packed()).toEqual([1, 2, 3].map(trackId));
      for (const n of [1, 2, 3]) {
        const facts = (await readTrack(pool, trackId(n)))?.outcomes.map(({ results }) => results[0]?.facts);
        const made = steps.map((step) => ({ made: step === "key" ? "late" : step }));
        expect(facts).toHaveLength(made.length);
        expect(facts).toEqual(expect.arrayContaining(made));
      }
      expect(await planCatalog(pool, chain)).toMatchObject({ masters: 1, complete: 1 });
    }
  });
});
