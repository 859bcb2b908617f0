// Attempts that a worker begins in one millisecond, at one step of one track, are as many attempts; and one that is heard of twice is one.
import { recordName } from "@segue/artifacts";
import { type Pool, readHistory, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { type ArtifactRecord, trackObjectName } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { createBackfillRows } from "./backfill/backfill-rows.ts";
import { acceptedFacts, outcomeFacts, requestFacts } from "./facts-of.ts";
import { accepted, chain, failed, names, outcome, replayed, requested, trackId } from "./fixtures/chain.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { startTestStorage } from "./fixtures/test-storage.ts";
import { rebuildFromStorage } from "./rebuild-from-storage.ts";
import { type Facts, mergeFacts } from "./rows.ts";

describe.each(testDatabases)("on an $name", (kind) => {
  let pool: Pool;
  usePool(kind, (opened) => {
    ({ pool } = opened);
  });
  beforeEach(async () => {
    await emptyTables(pool);
    const made = chain.steps.map(({ name }) => outcomeFacts(outcome(1, name)));
    await apply(acceptedFacts(accepted(1)), ...made);
  });
  const apply = (...facts: readonly Facts[]) => applyFacts(pool, chain, mergeFacts(facts));
  const temposOf = async () =>
    (await readHistory(pool, trackId(1))).attempts.filter(({ step }) => step === "tempo");

  const another = trackId(99);
  const found = outcomeFacts(outcome(1, "tempo", { sec: 70, how: "skipped" }));
  const make = (requestId: string) => outcomeFacts(outcome(1, "tempo", { sec: 70, requestId }));

  test.each([
    ["one batch", 1],
    ["batches of their own", 2],
  ])("what is found for one request and made for a replay answers the replay: in %s", async (_, batches) => {
    const replay = replayed(1, ["tempo"], 60);
    const others = chain.steps.filter(({ name }) => name !== "tempo");
    const rest = others.map(({ name }) => outcomeFacts(outcome(1, name, { sec: 70, how: "skipped" })));
    await apply(...rest, requestFacts(replay));
    const told = [found, make(replay.requestId)];
    if (batches === 1) await apply(...told);
    else for (const each of [...told, ...told]) await apply(each);
    const track = await readTrack(pool, trackId(1));
    expect(track?.outcomes.find(({ step }) => step === "tempo")).toMatchObject({
      how: "computed",
      recomputing: null,
    });
    expect((await pool.query("select from replay_watches")).rowCount).toBe(0);
    expect((await temposOf()).map(({ how }) => how)).toEqual([
      "computed",
      expect.any(String),
      expect.any(String),
    ]);
  });

  test("a backfill hears of what was made for it", async () => {
    const id = trackId(50);
    await pool.query(
      `insert into backfills (id, targets, force, selection, in_flight, requested_at, driver)
       values ($1, '{tempo}', '{tempo}', '{"trackId":null,"acceptedSince":null,"state":null}', 10, now(), 'a-driver')`,
      [id],
    );
    const asked = { cause: "backfill", requestId: another, wants: ["tempo"], force: ["tempo"] } as const;
    const request = requested(1, { ...asked, wants: ["tempo"], force: ["tempo"], versions: { tempo: 1 } });
    const rows = createBackfillRows(pool, chain);
    const item = { request, runs: { tempo: "forced" as const } };
    await rows.begin({ id, driver: "a-driver" }, [item], { cursor: null, complete: 0, quietMs: 60_000 });
    for (const each of [found, make(another)]) await apply(each);
    const [underWay] = await rows.underWay(id, 60_000);
    expect(underWay?.ends).toMatchObject([{ step: "tempo", how: "computed" }]);
  });

  test("of two deliveries of one request a success is not lost to a failure", async () => {
    const ends = [outcome(2, "decode", failed()), outcome(2, "decode")].map(outcomeFacts);
    for (const each of [acceptedFacts(accepted(2)), ...ends]) await apply(each);
    expect((await readTrack(pool, trackId(2)))?.outcomes).toMatchObject([{ status: "succeeded" }]);
  });

  test("a rebuild beside a catalog that has heard of an attempt does not tell of it once more", async () => {
    const [first, second, broken] = [
      outcome(1, "tempo"),
      outcome(1, "tempo", { sec: 70, requestId: another }),
      outcome(1, "tempo", { sec: 80, requestId: trackId(98), ...failed() }),
    ];
    await apply(outcomeFacts(second), outcomeFacts(broken));
    const before = await temposOf();
    expect(before).toHaveLength(3);
    const { address, kind: ofKind, step, version, outcome: ended, attempt } = second;
    if (broken.outcome.status !== "failed") throw new Error("expected a failure");
    const record: ArtifactRecord = {
      ...{ v: 1, address, kind: ofKind, step: { name: step, version }, inputs: {}, outcome: ended, attempt },
      ...{ firstAttempt: first.attempt, requestId: trackId(98), earlierRequestIds: [another, trackId(1)] },
      laterFailure: { error: broken.outcome.error, attempt: broken.attempt },
    };
    await using storage = await startTestStorage(["records", "assets"]);
    const { store } = storage;
    const write = (name: string, json: object) =>
      store.writeObject({
        bucket: names.bucket("records"),
        name,
        body: Buffer.from(JSON.stringify(json)),
        createOnly: true,
      });
    await write(trackObjectName(trackId(1)), accepted(1));
    await write(recordName(address), record);
    const rebuild = () => rebuildFromStorage({ pool, store, names, chain });
    await rebuild();
    expect(await temposOf()).toEqual(before);
    // And by itself it tells of each once, and of the latest for whom it was.
    await emptyTables(pool);
    await rebuild();
    expect((await temposOf()).map(({ requestId }) => requestId)).toEqual([null, null, trackId(98)]);
  });
});
