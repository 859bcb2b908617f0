import { createBackfillObjects, createLedgers, recordName } from "@segue/artifacts";
import { readBackfills, readHistory, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import {
  Aac,
  type ArtifactRecord,
  BackfillEnded,
  ledgerObjectName,
  requestIdOf,
  requestObjectName,
  trackObjectName,
} from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { createDeadLetterObjects } from "./dead-letter-objects.ts";
import {
  acceptedFacts,
  backfillEndFacts,
  backfillFacts,
  outcomeFacts,
  requestFacts,
  steeringFacts,
} from "./facts-of.ts";
import {
  accepted,
  at,
  chain,
  failed,
  masterReady,
  names,
  outcome,
  replayed,
  requested,
  trackId,
} from "./fixtures/chain.ts";
import { startTestPool } from "./fixtures/test-pool.ts";
import { startTestStorage } from "./fixtures/test-storage.ts";
import type { Incoming } from "./incoming.ts";
import { createFactReader } from "./read-facts.ts";
import { rebuildFromStorage } from "./rebuild-from-storage.ts";
import { mergeFacts } from "./rows.ts";

const tracks = [
  accepted(1),
  accepted(2),
  accepted(3),
  accepted(4, { master: accepted(1).master, acceptedAt: at(100) }),
  accepted(5, { targets: ["tempo"], wants: ["decode", "downsample", "tempo"] }),
];
const backfills = [11, 12, 13].map((n) => ({
  v: 1 as const,
  type: "BackfillRequested" as const,
  backfillId: trackId(n),
  targets: ["aac"],
  force: [],
  selection: { trackId: null, acceptedSince: null, state: null },
  inFlight: 7,
  requestedAt: at(n),
}));
const cancelled = {
  ...{ v: 1 as const, type: "BackfillSteered" as const, backfillId: trackId(12) },
  ...{ action: "cancel" as const, at: at(20) },
};
const ended = {
  v: 1 as const,
  type: "BackfillEnded" as const,
  backfill: { ...backfills[2], backfillId: trackId(13), targets: ["aac"] },
  at: at(30),
  ...{ total: 9, complete: 4, succeeded: 3, failed: 2, activeMs: 500 },
  failures: [{ step: "encode", code: "not-audio", tracks: 2, example: trackId(5) }],
};
/** What the last one has asked of a track that wanted less. */
const item = requested(5, {
  ...{ cause: "backfill", requestId: requestIdOf(trackId(13), trackId(5)), backfillId: trackId(13) },
  ...{ targets: ["aac"], wants: ["decode", "encode"], priority: "backfill", requestedAt: at(25) },
});
/** A fleet whose tempo has come on since. */
const raised = createChain(
  chain.steps.map((step) => (step.name === "tempo" ? { ...step, version: 2 } : step)),
);
const raisedAddress = raised.addressesFor(accepted(1).master).get("tempo") ?? "";
const upgrade = outcome(1, "tempo", { sec: 50, version: 2, address: raisedAddress, ...failed() });
const forced = outcome(1, "key", { sec: 60 });
const outcomes = [
  ...chain.steps.map((step, i) => outcome(1, step.name, { sec: i + 1 })),
  outcome(2, "decode", failed()),
  upgrade,
  forced,
  ...["decode", "downsample", "tempo", "encode"].map((step, i) => outcome(5, step, { sec: 10 * i + 1 })),
];
const replays = [replayed(1, ["key"], 58), replayed(1, ["encode"], 70)];
/** What a worker gave up after many attempts: there is no record of it. */
const error = { code: "retries-exhausted", message: "5 attempts failed" };
const givenUp = outcome(3, "decode", { outcome: { status: "failed", error }, sec: 40 });
const letter: Incoming = {
  id: "4711",
  data: Buffer.from(
    JSON.stringify({
      ...{
        v: 1,
        type: "DeadLettered",
        trackId: trackId(3),
        step: "decode",
        subscription: "s",
        messageId: "m",
      },
      ...{ error, story: [], data: Buffer.from(JSON.stringify(masterReady(3))).toString("base64") },
      ...{ attributes: {}, at: at(40) },
    }),
  ),
  attributes: {},
  publishedAt: new Date(at(41)),
  topic: "dead-letter",
  subscription: names.subscription("dead-letter", "catalog"),
};
/** What storage has of them: a forced attempt has replaced the record, which remembers the first. */
const records = outcomes
  .filter(({ address }, index) => outcomes.findLastIndex((other) => other.address === address) === index)
  .map(({ address, kind, step, version, outcome, attempt, master }): ArtifactRecord => {
    const first = outcomes.find((other) => other.address === address)?.attempt;
    const inputs = Object.values(chain.step(step).consumes).map((input) => [
      input.name,
      chain.addressesFor(master ?? "").get(input.name) ?? "",
    ]);
    return {
      v: 1,
      address,
      kind,
      step: { name: step, version },
      inputs: Object.fromEntries(inputs),
      outcome,
      attempt,
      ...(first === attempt ? {} : { firstAttempt: first }),
    };
  });

/** Whose records are kept together. */
const masterOf = (address: string) => outcomes.find((outcome) => outcome.address === address)?.master ?? "";

/** Where a record may be. */
type Home = "object" | "ledger" | "file";

const isKeptFile = ({ kind, outcome }: ArtifactRecord) => kind === "aac" && outcome.status === "succeeded";
const homes: readonly (readonly [string, (record: ArtifactRecord) => Home])[] = [
  ["in objects of their own", () => "object"],
  ["in ledgers", () => "ledger"],
  ["in both", ({ kind }) => (kind === "tempo" ? "object" : "ledger")],
  ["with their files", (record) => (isKeptFile(record) ? "file" : "object")],
  ["with their files and in ledgers", (record) => (isKeptFile(record) ? "file" : "ledger")],
];

async function writeWithFile(store: ObjectStore, record: ArtifactRecord): Promise<void> {
  const ref = { bucket: names.bucket("assets"), name: `${record.address}.${Aac.payload.extension}` };
  const metadata = { "segue-record": JSON.stringify(record) };
  await store.writeObject({ ...ref, body: Buffer.from("aac"), metadata, createOnly: true });
}

/** Writes objects of the records bucket. */
function recordWriter(store: ObjectStore) {
  const bucket = names.bucket("records");
  return (name: string, json: object) =>
    store.writeObject({ bucket, name, body: Buffer.from(JSON.stringify(json)), createOnly: true });
}

describe.each(testDatabases)("on an $name", (kind) => {
  test.each(homes)("what was projected from messages is again, records %s", async (_, homeOf) => {
    await using storage = await startTestStorage(["records", "assets"]);
    const { store } = storage;
    await using database = await startTestPool(kind);
    const { pool } = database;
    const write = recordWriter(store);
    for (const track of tracks) {
      await write(trackObjectName(track.trackId), track);
    }
    await write(trackObjectName("no-id"), { no: "track" });
    for (const record of records) {
      const ledger = createLedgers(store, names).of(masterOf(record.address));
      const home = homeOf(record);
      if (home === "ledger") await ledger.add([{ record, replace: false }]);
      if (home === "object") await write(recordName(record.address), record);
      if (home === "file") await writeWithFile(store, record);
    }
    for (const request of [...replays, item]) await write(requestObjectName(request), request);
    const said = createBackfillObjects(store, names);
    for (const each of [...backfills, cancelled, BackfillEnded.parse(ended)]) await said.create(each);
    await createDeadLetterObjects(store, names).create(letter, null);

    const projected = mergeFacts([
      ...tracks.filter(({ trackId: id }) => id !== trackId(4)).map(acceptedFacts),
      ...backfills.map(backfillFacts),
      steeringFacts(cancelled),
      backfillEndFacts(BackfillEnded.parse(ended)),
      requestFacts(item),
      createFactReader(chain, names).read(letter),
      outcomeFacts(givenUp),
      ...outcomes.map(outcomeFacts),
      ...replays.map(requestFacts),
    ]);
    await applyFacts(pool, raised, projected);
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "done", finishedAt: at(5) });
    const read = () => Promise.all([1, 2, 5].map((n) => readTrack(pool, trackId(n))));
    const before = await read();
    expect(before[2]).toMatchObject({ state: "done", finishedAt: at(21), targets: ["tempo", "aac"] });
    const asked = await readBackfills(pool);
    expect(asked.map(({ state, succeeded }) => [state, succeeded])).toEqual([
      ["done", 3],
      ["cancelled", 0],
      ["running", 0],
    ]);
    // Who gave it up, and how long that took, is not in the letter.
    const failure = {
      step: "decode",
      status: "failed",
      address: givenUp.address,
      error: { code: error.code },
    };
    const expected = {
      state: "failed",
      finishedAt: at(40),
      outcomes: expect.arrayContaining([expect.objectContaining({ step: "tempo", status: "blocked" })]),
    };
    const readFailed = () => readTrack(pool, trackId(3));
    expect(await readFailed()).toMatchObject(expected);
    const { deadLetters } = await readHistory(pool, trackId(3));
    expect(deadLetters).toHaveLength(1);
    expect(before[0]?.outcomes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ step: "tempo", version: 1, failedUpgrade: expect.anything() }),
        expect.objectContaining({ step: "encode", recomputing: expect.anything() }),
        expect.objectContaining({ step: "key", recomputing: null, failedUpgrade: null }),
      ]),
    );
    await emptyTables(pool);

    for (const batchTracks of [1, 3, 50]) {
      const options = { pool, store, names, chain: raised, batchTracks, replaysSince: new Date(at(0)) };
      expect(await rebuildFromStorage(options)).toMatchObject({ tracks: 5, unreadable: 1 });
      expect(await read()).toEqual(before);
      expect(await readBackfills(pool)).toEqual(asked);
      expect((await readHistory(pool, trackId(3))).deadLetters).toEqual(deadLetters);
      const failed = await readFailed();
      expect(failed).toMatchObject(expected);
      expect(failed?.outcomes.find(({ step }) => step === "decode")).toMatchObject(failure);
      // It came when its results were there already.
      const later = await readTrack(pool, trackId(4));
      expect(later).toMatchObject({ state: "done", finishedAt: at(100) });
      expect(new Set(later?.outcomes.map((row) => row.how))).toEqual(new Set(["skipped"]));
    }
  });

  test("what should be a record and is none holds up no other", async () => {
    await using storage = await startTestStorage(["records", "assets"]);
    const { store } = storage;
    await using database = await startTestPool(kind);
    const { pool } = database;
    const track = accepted(1);
    const write = (name: string, text: string, metadata?: Record<string, string>) => {
      const bucket = names.bucket(metadata ? "assets" : "records");
      const body = Buffer.from(text);
      return store.writeObject({ bucket, name, body, createOnly: true, ...(metadata ? { metadata } : {}) });
    };
    await write(trackObjectName(track.trackId), JSON.stringify(track));
    const own = records.filter(({ address }) => masterOf(address) === track.master);
    const [whole, ...others] = own.filter((record) => !isKeptFile(record));
    for (const record of others) await write(recordName(record.address), "{");
    if (whole) await write(recordName(whole.address), JSON.stringify(whole));
    await write(ledgerObjectName(track.master ?? ""), "");
    await write("broken.bin", "a file", { "segue-record": "{" });
    const counts = await rebuildFromStorage({ pool, store, names, chain });
    expect(counts).toEqual({ tracks: 1, outcomes: 1, unreadable: others.length + 2 });
    expect(others.length).toBeGreaterThan(0);
  });

  test("a file of an earlier version is told of, out of the record that is with it", async () => {
    await using storage = await startTestStorage(["records", "assets"]);
    const { store } = storage;
    await using database = await startTestPool(kind);
    const { pool } = database;
    const write = recordWriter(store);
    const track = accepted(1);
    await write(trackObjectName(track.trackId), track);
    for (const record of records.filter(({ address }) => masterOf(address) === track.master))
      await (isKeptFile(record) ? writeWithFile(store, record) : write(recordName(record.address), record));
    const steps = chain.steps.map((step) => (step.name === "decode" ? { ...step, version: 2 } : step));
    await rebuildFromStorage({ pool, store, names, chain: createChain(steps) });
    const { attempts } = await readHistory(pool, track.trackId);
    expect(attempts).toContainEqual(expect.objectContaining({ step: "encode", version: 1, how: "computed" }));
  });
});
