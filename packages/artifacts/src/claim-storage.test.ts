import { createNames } from "@segue/chain";
import { ForeignEditionError, trackObjectName } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claimStorage, refuseForeignStorage } from "./claim-storage.ts";
import { startTestStorage, type TestStorage } from "./testing.ts";

let storage: TestStorage;
let store: ObjectStore;
beforeAll(async () => {
  storage = await startTestStorage(createNames({ projectId: "test", prefix: "test" }), []);
  store = storage.store;
});
afterAll(() => storage?.[Symbol.asyncDispose]());

const trackId = "01890000-0000-7000-8000-000000000001";
/** As the first edition wrote it: what was asked for is said of the track itself. */
const ofFirstEdition = {
  v: 1,
  type: "TrackAccepted",
  trackId,
  master: "a".repeat(64),
  sizeBytes: 3,
  fileName: "a.wav",
  title: null,
  source: "upload",
  targets: ["aac"],
  wants: ["encode"],
  acceptedAt: "2026-01-01T00:00:00.000Z",
  job: null,
};
const ofThisEdition = { ...ofFirstEdition, request: { requestId: trackId } };

/** A fleet whose records bucket holds these objects. */
async function fleetWith(prefix: string, objects: Record<string, object>, bucketPrefix?: string) {
  const names = createNames({ projectId: "test", prefix, bucketPrefix });
  const bucket = names.bucket("records");
  await store.ensureBucket({ name: bucket, softDeleteRetentionSec: 0 });
  for (const [name, json] of Object.entries(objects))
    await store.writeObject({ bucket, name, body: Buffer.from(JSON.stringify(json)), createOnly: true });
  const list = async () => (await store.listObjects({ bucket, prefix: "" })).objects.map(({ name }) => name);
  return { names, bucket, list };
}

test("empty buckets become this edition's, once", async () => {
  const { names, bucket, list } = await fleetWith("empty", {});
  expect(await refuseForeignStorage(store, names)).toBe(false);
  expect(await list()).toEqual([]);
  await Promise.all([claimStorage(store, names), claimStorage(store, names)]);
  expect(await store.readJson({ bucket, name: "edition.json" })).toEqual({ edition: 2 });
  expect(await refuseForeignStorage(store, names)).toBe(true);
});

test("buckets that are not there are nobody's, and are not made", async () => {
  const names = createNames({ projectId: "test", prefix: "nowhere" });
  await claimStorage(store, names);
  const bucket = names.bucket("records");
  await expect(store.listObjects({ bucket, prefix: "" })).rejects.toThrow(ObjectNotFoundError);
});

test("a bucket of the first edition, which says nothing of itself, is refused in words and left as it is", async () => {
  const track = trackObjectName(trackId);
  const record = `${"b".repeat(64)}.json`;
  const { names, list } = await fleetWith("first", { [track]: ofFirstEdition, [record]: { v: 1 } });
  await expect(claimStorage(store, names)).rejects.toThrow(ForeignEditionError);
  await expect(claimStorage(store, names)).rejects.toThrow(
    /bucket test-first-records holds data of an earlier edition.+\(1, not 2\): empty.+SEGUE_PREFIX/,
  );
  expect((await list()).sort()).toEqual([track, record].sort());
});

test("a bucket of this edition from before it said so is this edition's", async () => {
  const { names, bucket } = await fleetWith("unmarked", { [trackObjectName(trackId)]: ofThisEdition });
  await claimStorage(store, names);
  expect(await store.readJson({ bucket, name: "edition.json" })).toEqual({ edition: 2 });
});

test("a bucket of a later edition is refused", async () => {
  const { names, bucket } = await fleetWith("later", { "edition.json": { edition: 3 } });
  await expect(claimStorage(store, names)).rejects.toThrow(/a later edition than this one \(3, not 2\)/);
  expect(await store.readJson({ bucket, name: "edition.json" })).toEqual({ edition: 3 });
});

test("a fleet whose buckets were named without its project is refused in words, until it is told to go on with them", async () => {
  const before = await fleetWith("before", {}, "before");
  await claimStorage(store, before.names);
  const { names, list } = await fleetWith("before", {});
  expect(names.bucket("records")).not.toBe(before.bucket);
  await expect(claimStorage(store, names)).rejects.toThrow(ForeignEditionError);
  await expect(claimStorage(store, names)).rejects.toThrow(
    /bucket before-records holds .+: set SEGUE_BUCKET_PREFIX=before .+nothing in it was changed/,
  );
  expect(await list()).toEqual([]);
  expect(await refuseForeignStorage(store, before.names)).toBe(true);
});

test("a bucket of the old name that is nobody's, or another's use of it, says nothing of a fleet", async () => {
  await fleetWith("other", { "whatever.json": {} }, "other");
  const { names, bucket } = await fleetWith("other", {});
  await claimStorage(store, names);
  expect(await store.readJson({ bucket, name: "edition.json" })).toEqual({ edition: 2 });
});
