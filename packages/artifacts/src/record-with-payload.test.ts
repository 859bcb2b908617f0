// The record of a file that is kept, as metadata of the file.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createNames } from "@segue/chain";
import { type ArtifactRecord, defineKind, type PayloadRef } from "@segue/contracts";
import { type ObjectStore, StoreUnavailableError } from "@segue/store";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createArtifacts } from "./artifacts.ts";
import { walkWithPayloads } from "./record-with-payload.ts";
import { startTestStorage, type TestStorage } from "./testing.ts";

const names = createNames({ projectId: "test", prefix: "test" });
const payload = { contentType: "audio/mp4", extension: "m4a" };
const Kept = defineKind({ name: "kept", retention: "derivative", payload, facts: z.unknown() });
const Handed = defineKind({ name: "handed", retention: "intermediate", payload, facts: z.unknown() });

let storage: TestStorage;
let store: ObjectStore;
let dir: string;
beforeAll(async () => {
  storage = await startTestStorage(names, ["records", "assets", "scratch"]);
  store = storage.store;
  dir = storage.dir;
});
afterAll(() => storage?.[Symbol.asyncDispose]());

let address: string;
let addresses = 0;
beforeEach(() => {
  address = `${++addresses}`.padStart(64, "a");
});

const recordRef = () => ({ bucket: names.bucket("records"), name: `${address}.json` });

function recordOf(
  outcome: ArtifactRecord["outcome"],
  worker: string,
  kind: string = Kept.name,
): ArtifactRecord {
  const at = "2026-01-01T00:00:00.000Z";
  const none = { cpuMs: null, gpuMs: null, earlier: [], durationMs: 1, deliveryAttempt: 1 };
  return {
    v: 1,
    address,
    kind,
    step: { name: "keep", version: 1 },
    inputs: {},
    outcome,
    attempt: { worker, startedAt: at, finishedAt: at, ...none },
    requestId: worker,
  };
}
const failureOf = (worker: string) =>
  recordOf({ status: "failed", error: { code: "not-audio", message: worker } }, worker);

interface Making {
  readonly facts?: unknown;
  readonly kind?: typeof Kept | typeof Handed;
  readonly through?: ObjectStore;
}

/** What a worker does that has made a result and found none before. @returns the record that it tells of. */
async function make(
  worker: string,
  bytes: string,
  { facts = { worker }, kind = Kept, through = store }: Making = {},
) {
  const path = join(dir, `${address}-${worker}`);
  await writeFile(path, bytes);
  const artifacts = createArtifacts(through, names);
  const recordWith = (own: PayloadRef) =>
    recordOf({ status: "succeeded", facts, payload: own }, worker, kind.name);
  const stored = await artifacts.storePayload(kind, address, path, {
    ...{ existing: undefined, replace: false, recordOf: recordWith },
  });
  return stored.record ?? (await artifacts.storeRecord(kind, recordWith(stored.payload), { replace: false }));
}

const read = () => createArtifacts(store, names).readRecord(Kept, address);

async function bytesOf(record: ArtifactRecord | undefined): Promise<string> {
  if (record?.outcome.status !== "succeeded" || !record.outcome.payload)
    throw new Error("expected a record with a payload");
  return (await store.readObject(record.outcome.payload)).toString();
}

test("is there with the file, in one write, and reads as it was written", async () => {
  let writes = 0;
  const counting: ObjectStore = {
    ...store,
    writeObject(request) {
      writes += 1;
      return store.writeObject(request);
    },
  };
  const facts = { title: "Größe «♫» \u0007 🎧", lines: "a\nb" };
  const told = await make("w", "bytes", { facts, through: counting });
  expect(writes).toBe(1);
  expect(told).toEqual(await read());
  expect(told.outcome).toMatchObject({ status: "succeeded", facts });
  expect(await bytesOf(told)).toBe("bytes");
  expect(await store.statObject(recordRef())).toBeUndefined();
});

describe("has an object of its own", () => {
  test("where its file is not kept", async () => {
    const told = await make("w", "bytes", { kind: Handed });
    expect(await store.readJson(recordRef())).toEqual(told);
  });

  test("where it is too large for metadata", async () => {
    const told = await make("w", "bytes", { facts: { curve: "ü".repeat(1_500) } });
    expect(await store.readJson(recordRef())).toEqual(told);
    expect(await read()).toEqual(told);
  });

  test("where its file was there without one", async () => {
    const ref = { bucket: names.bucket("assets"), name: `${address}.m4a` };
    await store.writeObject({ ...ref, body: Buffer.from("bytes"), createOnly: true });
    const told = await make("w", "bytes");
    expect(await store.readJson(recordRef())).toEqual(told);
    expect(await read()).toEqual(told);
  });
});

test.each(["bytes", "other bytes"])(
  "of two that make the same the first holds for both: %s",
  async (bytes) => {
    const told = await make("first", "bytes");
    expect(await make("second", bytes)).toEqual(told);
    expect(await read()).toEqual(told);
    expect(await bytesOf(told)).toBe("bytes");
    expect(await store.statObject(recordRef())).toBeUndefined();
  },
);

test("a write whose answer was lost finds its own", async () => {
  const forgetful: ObjectStore = {
    ...store,
    async writeObject(request) {
      await store.writeObject(request);
      return await store.writeObject(request);
    },
  };
  expect(await make("w", "bytes", { through: forgetful })).toEqual(await read());
  expect((await read())?.requestId).toBe("w");
});

describe("a failure of the same moment takes nothing away", () => {
  const storeFailure = () =>
    createArtifacts(store, names).storeRecord(Kept, failureOf("failing"), { replace: false });

  test("where it comes after", async () => {
    const told = await make("w", "bytes");
    expect(await storeFailure()).toEqual(told);
    expect(await read()).toEqual(told);
  });

  test("where it was first", async () => {
    expect(await storeFailure()).toEqual(failureOf("failing"));
    const told = await make("w", "bytes");
    expect(told.outcome.status).toBe("succeeded");
    expect(await read()).toEqual(told);
  });

  test("and one that a request forces is kept beside it, though the file comes while that is written", async () => {
    let told: ArtifactRecord | undefined;
    const meddled: ObjectStore = {
      ...store,
      async writeObject(request) {
        told ??= await make("w", "bytes");
        return await store.writeObject(request);
      },
    };
    const failing = failureOf("failing");
    const stored = await createArtifacts(meddled, names).storeRecord(Kept, failing, { replace: true });
    expect(stored).toMatchObject({
      outcome: told?.outcome,
      laterFailure: { error: { message: "failing" } },
      requestId: "failing",
      earlierRequestIds: ["w"],
    });
    expect(await read()).toEqual(stored);
  });

  test("and what is made anew after both follows from the success", async () => {
    await storeFailure();
    const before = await make("w", "bytes");
    const artifacts = createArtifacts(store, names);
    const later = await artifacts.storeRecord(Kept, failureOf("later"), { replace: true });
    expect(later).toMatchObject({
      outcome: before.outcome,
      laterFailure: { error: { message: "later" } },
      earlierRequestIds: ["w"],
    });
    expect(await read()).toEqual(later);
  });
});

test("what is made anew has an object of its own, follows from what is with the file, and goes before it", async () => {
  const before = await make("before", "bytes");
  const artifacts = createArtifacts(store, names);
  const path = join(dir, "anew");
  await writeFile(path, "new bytes");
  const { payload: placed, record } = await artifacts.storePayload(Kept, address, path, {
    ...{ existing: before, replace: true },
  });
  expect(record).toBeUndefined();
  const own = recordOf({ status: "succeeded", facts: {}, payload: placed }, "after");
  const after = await artifacts.storeRecord(Kept, own, { replace: true });
  expect(after).toMatchObject({ firstAttempt: before.attempt, earlierRequestIds: ["before"] });
  expect(await read()).toEqual(after);
  expect(await bytesOf(after)).toBe("new bytes");
  expect(await bytesOf(before)).toBe("bytes");
});

test("where it is fenced, what was to go before it and comes late does not", async () => {
  const before = await make("before", "bytes");
  let late: (() => Promise<unknown>) | undefined;
  const dying: ObjectStore = {
    ...store,
    async writeObject(request) {
      late ??= () => store.writeObject(request);
      throw new StoreUnavailableError(request.name, "the worker is gone");
    },
  };
  const anew = { ...before, requestId: "after" };
  const { storeRecord } = createArtifacts(dying, names);
  await expect(storeRecord(Kept, anew, { replace: true })).rejects.toThrow(StoreUnavailableError);
  expect(await createArtifacts(store, names).fenceRecord(Kept, before)).toEqual(before);
  expect(await late?.()).toMatchObject({ created: false });
  expect(await read()).toEqual(before);
});

test("a request that forces is not told of what somebody else has made at the same moment", async () => {
  const path = join(dir, "forced");
  await writeFile(path, "bytes of the forced");
  await make("other", "bytes");
  const stored = await createArtifacts(store, names).storePayload(Kept, address, path, {
    ...{ existing: undefined, replace: true },
  });
  expect(stored.record).toBeUndefined();
  expect((await store.readObject(stored.payload)).toString()).toBe("bytes of the forced");
});

test("a damaged file with its record in it is left where it is, and made again beside it", async () => {
  const before = await make("w", "bytes");
  const ref = { bucket: names.bucket("assets"), name: `${address}.m4a` };
  const { metadata = {} } = (await store.statObject(ref)) ?? {};
  await store.writeObject({ ...ref, body: Buffer.from("damage"), metadata, createOnly: false });
  const path = join(dir, "mended");
  await writeFile(path, "bytes");
  const artifacts = createArtifacts(store, names);
  const { payload: mended } = await artifacts.storePayload(Kept, address, path, {
    ...{ existing: before, replace: true },
  });
  expect((await store.readObject(mended)).toString()).toBe("bytes");
  // Whoever dies here has taken nothing away.
  expect(await read()).toEqual(before);
});

test("those of a younger release are left to it", async () => {
  const ref = { bucket: names.bucket("assets"), name: `${address}.m4a` };
  const metadata = { "segue-record": JSON.stringify({ ...failureOf("w"), v: 99 }) };
  await store.writeObject({ ...ref, body: Buffer.from("x"), metadata, createOnly: true });
  await expect(read()).rejects.toMatchObject({ code: "worker-outdated" });
  const found: string[] = [];
  for await (const record of walkWithPayloads(store, names)) found.push(record.address);
  expect(found).not.toContain(address);
  expect(found).not.toHaveLength(0);
});

test("one that somebody has copied or moved elsewhere is not told as one that is there", async () => {
  const told = await make("w", "bytes");
  const ref = { bucket: names.bucket("assets"), name: `${address}.m4a` };
  await store.copyObject(ref, { ...ref, name: `kept/${address}.m4a` }, { createOnly: true });
  const listed = async () => {
    const found: ArtifactRecord[] = [];
    for await (const record of walkWithPayloads(store, names))
      if (record.address === address) found.push(record);
    return found;
  };
  expect(await listed()).toEqual([told]);
  await store.deleteObject(ref);
  expect([await read(), await listed()]).toEqual([undefined, []]);
});
