import { createNames } from "@segue/chain";
import { type ArtifactRecord, ledgerObjectName, StepError } from "@segue/contracts";
import { type ObjectStore, StoreUnavailableError } from "@segue/store";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createArtifacts } from "./artifacts.ts";
import { createLedgers } from "./ledgers.ts";
import { startTestStorage, type TestStorage } from "./testing.ts";
import { withLedger } from "./with-ledger.ts";

const names = createNames({ projectId: "test", prefix: "test" });

let storage: TestStorage;
let store: ObjectStore;
beforeAll(async () => {
  storage = await startTestStorage(names, ["records"]);
  store = storage.store;
});
afterAll(() => storage?.[Symbol.asyncDispose]());

let master: string;
let masters = 0;
beforeEach(() => {
  master = addressOf(`${++masters}${"f".repeat(8)}`);
});

/** Hexadecimal, and of the right length. */
function addressOf(lead: string): string {
  return lead.padEnd(64, "0");
}

function kindOf(name: string) {
  return { name, retention: "derivative" as const, payload: null };
}

function recordOf(kind: string, worker: string, more: Partial<ArtifactRecord> = {}): ArtifactRecord {
  const at = "2026-01-01T00:00:00.000Z";
  const none = { cpuMs: null, gpuMs: null, earlier: [], durationMs: 1, deliveryAttempt: 1 };
  return {
    v: 1,
    address: addressOf(Buffer.from(kind).toString("hex")),
    kind,
    step: { name: kind, version: 1 },
    inputs: { master },
    outcome: { status: "succeeded", facts: { worker }, payload: null },
    attempt: { worker, startedAt: at, finishedAt: at, ...none },
    requestId: worker,
    ...more,
  };
}

/** What follows a record ends after it. */
const after = (record: ArtifactRecord): ArtifactRecord => {
  const at = "2026-01-01T00:00:00.001Z";
  return { ...record, attempt: record.attempt && { ...record.attempt, startedAt: at, finishedAt: at } };
};
const failed = { outcome: { status: "failed", error: { code: "not-audio", message: "no" } } } as const;
const first = (...records: ArtifactRecord[]) => records.map((record) => ({ record, replace: false }));
const anew = (...records: ArtifactRecord[]) => records.map((record) => ({ record, replace: true }));
const ledger = (through: ObjectStore = store) => createLedgers(through, names).of(master);

test("records of one master are written in one object, and each is found at its address", async () => {
  const [tempo, key] = [recordOf("tempo", "w"), recordOf("key", "w")];
  expect(await ledger().find(tempo.address)).toBeUndefined();
  expect(await ledger().add(first(tempo, key))).toEqual([tempo, key]);
  expect(await ledger().find(key.address)).toEqual({ record: key, output: null });
  expect((await ledger().read()).records).toEqual([tempo, key]);
  expect(await createLedgers(store, names).of(addressOf("0")).find(tempo.address)).toBeUndefined();
});

test("of several outputs each leads to the record of all", async () => {
  const outputs = { vowels: addressOf("aa"), rest: addressOf("bb") };
  const made = { facts: { of: "vowels" }, payload: null };
  const split = recordOf("split", "w", {
    outputs,
    outcome: { status: "succeeded", facts: null, payload: null, outputs: { vowels: made, rest: made } },
  });
  await ledger().add(first(split));
  expect(await ledger().find(outputs.vowels)).toEqual({ record: split, output: "vowels" });
  const artifacts = withLedger(createArtifacts(store, names), ledger());
  const { outputs: _, ...own } = split;
  expect(await artifacts.readRecord(kindOf("vowels"), outputs.vowels)).toEqual({
    ...own,
    address: outputs.vowels,
    kind: "vowels",
    outcome: { status: "succeeded", ...made },
  });
});

test("of writers at the same moment nobody's records are lost, and the first at an address holds for all", async () => {
  const kinds = ["tempo", "key", "tags", "loudness"];
  const shared = kinds.map((_, n) => recordOf("shared", `w${n}`));
  const held = await Promise.all(
    kinds.map((kind, n) => ledger().add(first(recordOf(kind, `w${n}`), ...shared.slice(n, n + 1)))),
  );
  const { records } = await ledger().read();
  expect(records.map(({ kind }) => kind).toSorted()).toEqual([...kinds, "shared"].toSorted());
  const holding = records.find(({ kind }) => kind === "shared");
  for (const [, each] of held) expect(each).toEqual(holding);
});

test("what is made anew follows from what is there by then, a failure beside it", async () => {
  await ledger().add(first(recordOf("tempo", "before", failed)));
  const late: ObjectStore = {
    ...store,
    async writeObject(request) {
      if (rounds++ === 0) await ledger().add(anew(recordOf("tempo", "other")));
      return await store.writeObject(request);
    },
  };
  let rounds = 0;
  const [holding] = await ledger(late).add(anew(recordOf("tempo", "late", failed)));
  expect(holding).toMatchObject({
    outcome: { status: "succeeded", facts: { worker: "other" } },
    laterFailure: { error: { code: "not-audio" } },
    requestId: "late",
    earlierRequestIds: ["other", "before"],
  });
  expect((await ledger().read()).records).toEqual([holding]);
});

test("a write whose answer is lost is not made twice, whoever has written since", async () => {
  await ledger().add(first(recordOf("tempo", "before")));
  let rounds = 0;
  const forgetful: ObjectStore = {
    ...store,
    async writeObject(request) {
      if (++rounds > 2) throw new StoreUnavailableError(request.name, "expected no third write");
      const written = await store.writeObject(request);
      if (rounds > 1) return written;
      await ledger().add(first(recordOf("key", "other")));
      // As storage answers the same request when it comes again.
      return await store.writeObject(request);
    },
  };
  const record = recordOf("tempo", "second");
  const [holding] = await ledger(forgetful).add(anew(record));
  expect(holding).toEqual({
    ...after(record),
    firstAttempt: recordOf("tempo", "before").attempt,
    earlierRequestIds: ["before"],
  });
  expect((await ledger().read()).records.map(({ kind }) => kind)).toEqual(["tempo", "key"]);
});

test.each([
  ["nothing", []],
  ["another", [recordOf("tempo", "before")]],
  ["one that had failed", [recordOf("tempo", "before", failed)]],
])(
  "after %s, what was written by a write that was given up is there once when it is tried again",
  async (_, before) => {
    if (before.length > 0) await ledger().add(first(...before));
    const lost: ObjectStore = {
      ...store,
      async writeObject(request) {
        await store.writeObject(request);
        throw new StoreUnavailableError(request.name, "no answer");
      },
    };
    const record = recordOf("tempo", "second");
    await expect(ledger(lost).add(anew(record))).rejects.toThrow(StoreUnavailableError);
    const written = await ledger().find(record.address);
    expect(await ledger().add(anew(record))).toEqual([written?.record]);
    expect(await ledger().find(record.address)).toEqual(written);
  },
);

test("a record of a younger release is kept, and keeps nobody from the others", async () => {
  const [tempo, key] = [recordOf("tempo", "w"), recordOf("key", "w")];
  const ref = { bucket: names.bucket("records"), name: ledgerObjectName(master) };
  const younger = { ...tempo, v: 7, news: true };
  const body = Buffer.from(JSON.stringify({ v: 1, master, records: { [tempo.address]: younger } }));
  await store.writeObject({ ...ref, body, createOnly: true });
  await ledger().add(first(key));
  expect(await ledger().find(key.address)).toMatchObject({ record: key });
  expect((await ledger().read()).records).toEqual([key]);
  expect(await store.readJson(ref)).toMatchObject({ records: { [tempo.address]: younger } });
  await expect(ledger().find(tempo.address)).rejects.toThrow(StepError);
});

test("a record that has an object of its own goes before, and follows from what the ledger has", async () => {
  const artifacts = createArtifacts(store, names);
  const together = withLedger(artifacts, ledger());
  const before = recordOf("tempo", "before");
  await ledger().add(first(before));
  expect(await together.readRecord(kindOf("tempo"), before.address)).toEqual(before);
  const after = await together.storeRecord(kindOf("tempo"), recordOf("tempo", "after"), { replace: true });
  expect(after).toMatchObject({ firstAttempt: before.attempt, earlierRequestIds: ["before"] });
  expect(await artifacts.readRecord(kindOf("tempo"), before.address)).toEqual(after);
  expect(await together.readRecord(kindOf("tempo"), before.address)).toEqual(after);
});

test("what one attempt has made twice is kept as it was made last", async () => {
  const [once, again] = [recordOf("tempo", "once"), recordOf("tempo", "again")];
  const entries = [...first(once), ...anew(again)];
  const made = { ...after(again), firstAttempt: once.attempt, earlierRequestIds: ["once"] };
  expect(await ledger().add(entries)).toEqual([made, made]);
  expect((await ledger().read()).records).toEqual([made]);
});

test("where all that is to be kept is there, nothing is written", async () => {
  const before = recordOf("tempo", "before");
  await ledger().add(first(before));
  const closed: ObjectStore = {
    ...store,
    async writeObject({ name }) {
      throw new StoreUnavailableError(name, "expected no write");
    },
  };
  expect(await ledger(closed).add(first(recordOf("tempo", "late")))).toEqual([before]);
});

test("a record that holds is left as whoever made it has written it", async () => {
  const tempo = recordOf("tempo", "w");
  const ref = { bucket: names.bucket("records"), name: ledgerObjectName(master) };
  const younger = { ...tempo, news: "of a release to come" };
  const body = Buffer.from(JSON.stringify({ v: 1, master, records: { [tempo.address]: younger } }));
  await store.writeObject({ ...ref, body, createOnly: true });
  await ledger().add(first(recordOf("tempo", "late"), recordOf("key", "late")));
  expect(await store.readJson(ref)).toMatchObject({ records: { [tempo.address]: younger } });
});

test("a failure beside what the ledger has takes nothing from whoever writes an object of its own meanwhile", async () => {
  const before = recordOf("pitch", "before");
  await ledger().add(first(before));
  const artifacts = createArtifacts(store, names);
  let rounds = 0;
  const late: ObjectStore = {
    ...store,
    async writeObject(request) {
      if (rounds++ === 0)
        await withLedger(artifacts, ledger()).storeRecord(kindOf("pitch"), recordOf("pitch", "other"), {
          replace: true,
        });
      return await store.writeObject(request);
    },
  };
  const failure = recordOf("pitch", "late", failed);
  const holding = await withLedger(createArtifacts(late, names), ledger()).storeRecord(
    kindOf("pitch"),
    failure,
    {
      replace: true,
    },
  );
  expect(holding).toMatchObject({
    outcome: { status: "succeeded", facts: { worker: "other" } },
    firstAttempt: before.attempt,
    laterFailure: { error: { code: "not-audio" } },
    earlierRequestIds: ["other", "before"],
  });
  expect(await artifacts.readRecord(kindOf("pitch"), before.address)).toEqual(holding);
});

test("a ledger of a younger release is its own to tell of", async () => {
  const ref = { bucket: names.bucket("records"), name: ledgerObjectName(master) };
  const body = Buffer.from(JSON.stringify({ v: 7, master, news: true }));
  await store.writeObject({ ...ref, body, createOnly: true });
  expect((await ledger().read()).records).toEqual([]);
  // Whoever would make what it finds nowhere hands it back.
  await expect(ledger().find(recordOf("tempo", "w").address)).rejects.toThrow(StepError);
  await expect(ledger().add(first(recordOf("tempo", "w")))).rejects.toThrow(StepError);
  expect(await store.readJson(ref)).toMatchObject({ v: 7 });
});
