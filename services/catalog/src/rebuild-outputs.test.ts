// A catalog that is made again from storage knows of several outputs what it knew before.
import { createArtifacts } from "@segue/artifacts";
import { readHistory, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { type ArtifactRecord, Master, Pcm, Tempo, trackObjectName } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accepted, at, names, trackId } from "./fixtures/chain.ts";
import { startTestPool, type TestPool } from "./fixtures/test-pool.ts";
import { startTestStorage } from "./fixtures/test-storage.ts";
import { rebuildFromStorage } from "./rebuild-from-storage.ts";

const chain = createChain([stepSpec("both", [Master], { samples: Pcm, beat: Tempo })]);
const [embedded] = testDatabases;
let database: TestPool;
let storage: Awaited<ReturnType<typeof startTestStorage>>;
beforeAll(async () => {
  if (!embedded) throw new Error("expected a database to test with");
  database = await startTestPool(embedded);
  storage = await startTestStorage(["records", "assets"]);
});
afterAll(async () => {
  await storage?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

const track = accepted(1, { targets: ["tempo"], wants: ["both"] });

/** The record of all outputs, as a worker stores it; of a chain with another version of the step it is at another address. */
function recordIn(own: typeof chain, version: number): ArtifactRecord {
  const addresses = own.addressesFor(track.master);
  const addressOf = (kind: string) => addresses.get(kind) ?? "";
  const attempt = {
    worker: "w:1",
    startedAt: at(1),
    finishedAt: at(2),
    durationMs: 1_000,
    cpuMs: 900,
    gpuMs: null,
  };
  return {
    v: 1,
    address: addressOf("both"),
    kind: "both",
    step: { name: "both", version },
    inputs: { master: track.master },
    outputs: { pcm: addressOf("pcm"), tempo: addressOf("tempo") },
    outcome: {
      ...{ status: "succeeded", facts: null, payload: null },
      outputs: { pcm: { facts: { version }, payload: null }, tempo: { facts: { version }, payload: null } },
    },
    attempt: { ...attempt, earlier: [], deliveryAttempt: 1 },
    requestId: track.request.requestId,
  };
}

test("results, attempts and earlier versions are found by the records of all outputs", async () => {
  const { store } = storage;
  const { pool } = database;
  const body = Buffer.from(JSON.stringify(track));
  const ref = { bucket: names.bucket("records"), name: trackObjectName(track.trackId) };
  await store.writeObject({ ...ref, body, createOnly: true });
  const [step] = chain.steps;
  const before = createChain(step ? [{ ...step, version: 7 }] : []);
  const artifacts = createArtifacts(store, names);
  await artifacts.storeRecord(chain.storedKind("both"), recordIn(chain, 1), { replace: false });
  // Of a chain that the present one does not know: its outputs lead to their record, and that to the master.
  const other = recordIn(before, 7);
  await artifacts.storeRecord(chain.storedKind("both"), other, { replace: false });

  await rebuildFromStorage({ pool, store, names, chain });
  const found = await readTrack(pool, trackId(1));
  expect(found).toMatchObject({ state: "done", outcomes: [{ step: "both", kind: "both", version: 7 }] });
  expect(found?.outcomes[0]?.results).toEqual([
    { kind: "pcm", address: other.outputs?.pcm, facts: { version: 7 }, payload: null },
    { kind: "tempo", address: other.outputs?.tempo, facts: { version: 7 }, payload: null },
  ]);
  const versions = (await readHistory(pool, trackId(1))).attempts.map(({ version }) => version);
  expect(versions.sort()).toEqual([1, 7]);
  // Again, and nothing changes.
  await rebuildFromStorage({ pool, store, names, chain });
  expect(await readTrack(pool, trackId(1))).toEqual(found);
});
