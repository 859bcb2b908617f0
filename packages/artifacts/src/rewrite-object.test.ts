import { createNames } from "@segue/chain";
import { type ArtifactRecord, type Attempt, defineKind } from "@segue/contracts";
import { type ObjectStore, StoreUnavailableError } from "@segue/store";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createArtifacts } from "./artifacts.ts";
import { startTestStorage, type TestStorage } from "./testing.ts";

const Tempo = defineKind({ name: "tempo", retention: "derivative", payload: null, facts: z.unknown() });
const names = createNames({ projectId: "test", prefix: "test" });

let storage: TestStorage;
let store: ObjectStore;
beforeAll(async () => {
  storage = await startTestStorage(names, ["records"]);
  store = storage.store;
});
afterAll(() => storage?.[Symbol.asyncDispose]());

let addresses = 0;
const newAddress = () => String(++addresses).padStart(64, "0");

function attemptOf(worker: string): Attempt {
  const at = "2026-01-01T00:00:00.000Z";
  const none = { cpuMs: null, gpuMs: null, earlier: [] };
  return { worker, startedAt: at, finishedAt: at, durationMs: 1, deliveryAttempt: 1, ...none };
}

function recordOf(address: string, worker: string, status: "succeeded" | "failed"): ArtifactRecord {
  return {
    v: 1,
    address,
    kind: "tempo",
    step: { name: "tempo", version: 1 },
    inputs: {},
    outcome:
      status === "succeeded"
        ? { status, facts: { worker }, payload: null }
        : { status, error: { code: "not-audio", message: worker } },
    attempt: attemptOf(worker),
    requestId: worker,
  };
}

/** Storage where something else happens between what is read of a record and what is written over it, so many times. */
function meddling(times: number, happens: (round: number) => Promise<unknown>): ObjectStore {
  let round = 0;
  return {
    ...store,
    async writeObject(request) {
      round += 1;
      if (round <= times) await happens(round);
      return await store.writeObject(request);
    },
  };
}

test("a forced failure that comes while another request succeeds takes nothing away from that", async () => {
  const address = newAddress();
  const artifacts = createArtifacts(store, names);
  await artifacts.storeRecord(Tempo, recordOf(address, "first", "failed"), { replace: false });
  const late = meddling(1, () =>
    artifacts.storeRecord(Tempo, recordOf(address, "other", "succeeded"), { replace: true }),
  );
  const failure = recordOf(address, "late", "failed");
  const holding = await createArtifacts(late, names).storeRecord(Tempo, failure, { replace: true });
  expect(holding).toMatchObject({
    outcome: { status: "succeeded", facts: { worker: "other" } },
    laterFailure: { error: { message: "late" } },
  });
  expect(await artifacts.readRecord(Tempo, address)).toEqual(holding);
});

test("of requests that force at one address at once, every one is decided over the one before", async () => {
  const address = newAddress();
  const artifacts = createArtifacts(store, names);
  await artifacts.storeRecord(Tempo, recordOf(address, "first", "succeeded"), { replace: false });
  const stored = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      artifacts.storeRecord(Tempo, recordOf(address, `w${n}`, n % 2 ? "failed" : "succeeded"), {
        replace: true,
      }),
    ),
  );
  const holding = await artifacts.readRecord(Tempo, address);
  expect(stored).toContainEqual(holding);
  expect(holding).toMatchObject({ outcome: { status: "succeeded" } });
  expect(holding?.firstAttempt).toEqual(attemptOf("first"));
});

test("a write whose answer is lost is not made twice", async () => {
  const address = newAddress();
  const artifacts = createArtifacts(store, names);
  await artifacts.storeRecord(Tempo, recordOf(address, "first", "failed"), { replace: false });
  const bucket = names.bucket("records");
  const record = recordOf(address, "second", "succeeded");
  const written: string[] = [];
  const forgetful: ObjectStore = {
    ...store,
    async writeObject(request) {
      const { generation } = await store.writeObject(request);
      written.push(generation);
      // As storage answers the same request when it comes again.
      if (written.length === 1) return await store.writeObject(request);
      throw new StoreUnavailableError(request.name, "expected no other write");
    },
  };
  const holding = await createArtifacts(forgetful, names).storeRecord(Tempo, record, { replace: true });
  const at = "2026-01-01T00:00:00.001Z";
  const attempt = { ...record.attempt, startedAt: at, finishedAt: at };
  expect(holding).toEqual({ ...record, attempt, earlierRequestIds: ["first"] });
  expect((await store.statObject({ bucket, name: `${address}.json` }))?.generation).toBe(written[0]);
});
