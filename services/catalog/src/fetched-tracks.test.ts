import { createFetchObjects, createTrackObjects } from "@segue/artifacts";
import { readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { describeFetchRequest } from "@segue/chain";
import {
  createId,
  type Fetch,
  fetchAddress,
  fetchedObjectName,
  type StepOutcome,
  type TrackAccepted,
} from "@segue/contracts";
import { describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { accepted, at, chain, masterOf, names, outcome, trackId } from "./fixtures/chain.ts";
import { startTestPool } from "./fixtures/test-pool.ts";
import { startTestStorage } from "./fixtures/test-storage.ts";
import { createFactReader } from "./read-facts.ts";
import { rebuildFromStorage } from "./rebuild-from-storage.ts";
import { takeUp } from "./reconcile/take-up.ts";
import { mergeFacts } from "./rows.ts";

/** A track that names a source, and has no master yet. */
function named(n: number): TrackAccepted {
  const id = trackId(n);
  const asked = { requestId: id, trackId: id, targets: ["tempo"], wants: ["decode", "downsample", "tempo"] };
  const request = describeFetchRequest({ ...asked, cause: "submission", requestedAt: at(0) });
  return { ...accepted(n), v: 2, master: null, sizeBytes: null, source: "https://h.example/a?...", request };
}

function ended(n: number, changes: Partial<StepOutcome>): StepOutcome {
  const { attempt } = outcome(n, "decode");
  const master = masterOf(n);
  const payload = {
    bucket: "test-test-masters",
    name: master,
    sizeBytes: 7,
    crc32c: "AAAAAA==",
    contentType: "a/b",
  };
  return {
    ...{ v: 1, type: "StepOutcome", requestId: trackId(n), trackId: trackId(n), master, attempt, at: at(1) },
    ...{ step: "fetch", version: 1, kind: "master", address: master, how: "computed" },
    outcome: { status: "succeeded", facts: { sizeBytes: 7 }, payload },
    ...changes,
  };
}

const unfetched = (n: number): StepOutcome =>
  ended(n, {
    ...{ v: 2, master: null, address: fetchAddress(trackId(n)) },
    outcome: { status: "failed", error: { code: "source-not-found", message: "got 404" } },
  });

describe.each(testDatabases)("on an $name", (kind) => {
  test("that another request's fetch has failed since takes nothing from a track that has its master", async () => {
    await using started = await startTestPool(kind);
    const { pool } = started;
    const requestId = createId(new Date());
    const late = { ...unfetched(1), requestId, attempt: { ...unfetched(1).attempt, finishedAt: at(50) } };
    await applyFacts(
      pool,
      chain,
      mergeFacts([acceptedFacts(named(1)), outcomeFacts(ended(1, {})), outcomeFacts(late)]),
    );
    const track = await readTrack(pool, trackId(1));
    expect(track).toMatchObject({ master: masterOf(1), state: "processing" });
    expect(track?.outcomes.map(({ step, status }) => `${step} ${status}`)).toEqual(["fetch succeeded"]);
  });

  test("a track has the master that its fetch has brought, in whatever order that is heard", async () => {
    await using started = await startTestPool(kind);
    const { pool } = started;
    await applyFacts(pool, chain, acceptedFacts(named(1)));
    expect(await readTrack(pool, trackId(1))).toMatchObject({
      ...{ state: "accepted", master: null, sizeBytes: null, outcomes: [] },
      wants: ["fetch", "decode", "downsample", "tempo"],
    });
    await applyFacts(pool, chain, outcomeFacts(ended(1, {})));
    const fetched = { state: "processing", master: masterOf(1), sizeBytes: 7, outcomes: [{ step: "fetch" }] };
    expect(await readTrack(pool, trackId(1))).toMatchObject(fetched);

    await applyFacts(pool, chain, outcomeFacts(ended(2, {})));
    await applyFacts(pool, chain, acceptedFacts(named(2)));
    expect(await readTrack(pool, trackId(2))).toMatchObject({ ...fetched, master: masterOf(2) });
    const rest = ["decode", "downsample", "tempo"].map((step) => outcomeFacts(outcome(2, step)));
    await applyFacts(pool, chain, mergeFacts(rest));
    expect(await readTrack(pool, trackId(2))).toMatchObject({
      state: "done",
      finishedAt: expect.any(String),
    });
  });

  test("what was not fetched fails its track, and blocks all that it wants; a later fetch mends it", async () => {
    await using started = await startTestPool(kind);
    const { pool } = started;
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(named(1)), outcomeFacts(unfetched(1))]));
    const track = await readTrack(pool, trackId(1));
    expect(track).toMatchObject({ state: "failed", master: null });
    const told = track?.outcomes.map(({ step, status, blockedBy }) => [step, status, ...blockedBy].join(" "));
    expect(told?.sort()).toEqual([
      ...["decode blocked fetch", "downsample blocked fetch", "fetch failed", "tempo blocked fetch"],
    ]);
    await applyFacts(
      pool,
      chain,
      outcomeFacts(ended(1, { attempt: outcome(1, "decode", { sec: 9 }).attempt })),
    );
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "processing", master: masterOf(1) });
  });

  test("a rebuild from storage knows how fetches have ended", async () => {
    await using started = await startTestPool(kind);
    await using storage = await startTestStorage(["records", "assets"]);
    const { store } = storage;
    const fetches = createFetchObjects(store, names);
    const tracks = createTrackObjects(store, names);
    for (const n of [1, 2, 3, 4, 5]) await tracks.create(named(n));
    await fetches.createEnd(ended(1, {}), named(1).request);
    await fetches.createEnd(unfetched(2), named(2).request);
    // What should be such an end and is none holds up no other.
    const bucket = names.bucket("records");
    for (const [n, text] of [[4, "{"] as const, [5, "{}"] as const])
      await store.writeObject({
        ...{ bucket, name: fetchedObjectName(trackId(n)), body: Buffer.from(text), createOnly: true },
      });
    await rebuildFromStorage({ pool: started.pool, store, names, chain });
    const found = await Promise.all([1, 2, 3, 4, 5].map((n) => readTrack(started.pool, trackId(n))));
    expect(found.map((track) => [track?.state, track?.master])).toEqual([
      ["processing", masterOf(1)],
      ["failed", null],
      ...[1, 2, 3].map(() => ["accepted", null]),
    ]);
  });
});

test("a track without a master is taken up by a fetch, as it was submitted", async () => {
  await using storage = await startTestStorage(["records", "assets"]);
  const tracks = createTrackObjects(storage.store, names);
  const track = named(1);
  await tracks.create(track);
  const sent: unknown[] = [];
  const publisher = {
    fetch: async (fetch: Pick<Fetch, "source" | "request">) => void sent.push(fetch),
    task: () => Promise.reject(new Error("expected no task")),
  };
  const { wants } = track.request;
  await takeUp(
    { chain, publisher, tracks },
    { trackId: track.trackId, owner: track.request.owner, master: null, wants, ready: ["fetch"] },
  );
  expect(sent).toEqual([{ source: track.source, request: track.request }]);
  // A replay that was asked for before the master was there wants its own fetch told, whoever has brought that since.
  const request = { ...track.request, requestId: trackId(9), cause: "replay" as const };
  await takeUp(
    { chain, publisher, tracks },
    {
      trackId: track.trackId,
      owner: track.request.owner,
      master: masterOf(1),
      wants,
      ready: ["fetch"],
      request,
    },
  );
  expect(sent.slice(1)).toEqual([{ source: track.source, request }]);
});

test("a track of a form that comes later is handed back, and not misread", () => {
  const reader = createFactReader(chain, names);
  const message = {
    ...{ id: "1", attributes: {}, publishedAt: new Date(), topic: "tracks", subscription: "s" },
    data: Buffer.from(JSON.stringify({ ...named(1), v: 3 })),
  };
  expect(reader.readEach(message)).toMatchObject([{ tooYoung: expect.stringContaining("v: 3") }]);
});
