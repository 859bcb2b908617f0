import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

test("a bucket keeps its lifecycle rules and soft-delete policy, and a patch merges", async () => {
  const { storage } = under;
  const rule = { action: { type: "Delete" as const }, condition: { age: 3, matchesPrefix: ["pcm/"] } };
  const [bucket] = await storage.createBucket("scratch", {
    lifecycle: { rule: [rule] },
    softDeletePolicy: { retentionDurationSeconds: 0 },
    labels: { team: "audio", stage: "test" },
  });
  const [created] = await bucket.getMetadata();
  expect(created).toMatchObject({
    kind: "storage#bucket",
    name: "scratch",
    lifecycle: { rule: [rule] },
    softDeletePolicy: { retentionDurationSeconds: "0" },
    metageneration: "1",
  });
  await bucket.setMetadata({ labels: { stage: null, tier: "gold" }, lifecycle: null });
  const [patched] = await bucket.getMetadata();
  expect(patched.labels).toEqual({ team: "audio", tier: "gold" });
  expect(patched.lifecycle).toBeUndefined();
  expect(patched.metageneration).toBe("2");
  await expect(bucket.setMetadata({ labels: {} }, { ifMetagenerationMatch: 1 })).rejects.toMatchObject({
    code: 412,
  });
});

test("without a policy a bucket keeps deleted objects seven days, as Cloud Storage does by default", async () => {
  const [metadata] = await under.bucket.getMetadata();
  expect(metadata.softDeletePolicy?.retentionDurationSeconds).toBe("604800");
});

test("the class, the kind of place and the moment of autoclass are the bucket's own", async () => {
  const { storage } = under;
  const [bucket] = await storage.createBucket("placed", {
    location: "europe-west1",
    storageClass: "nearline",
    autoclass: { enabled: true },
  });
  await bucket.file("x").save("x", { resumable: false });
  expect((await bucket.file("x").getMetadata())[0].storageClass).toBe("NEARLINE");
  const [before] = await bucket.getMetadata();
  expect(before).toMatchObject({ location: "EUROPE-WEST1", locationType: "region" });
  const toggled = Date.parse(before.autoclass?.toggleTime ?? "");
  await bucket.setMetadata({ labels: { a: "1" } });
  expect(Date.parse((await bucket.getMetadata())[0].autoclass?.toggleTime ?? "")).toBe(toggled);
  await bucket.setMetadata({ autoclass: { enabled: false } });
  const [after] = await bucket.getMetadata();
  expect(after.autoclass?.enabled).toBe(false);
  expect(Date.parse(after.autoclass?.toggleTime ?? "")).toBeGreaterThan(toggled);
  const [dual] = await storage.createBucket("two-places", {
    location: "US",
    customPlacementConfig: { dataLocations: ["US-EAST1", "US-WEST1"] },
  });
  expect((await dual.getMetadata())[0].locationType).toBe("dual-region");
  await expect(
    bucket.setMetadata({ iamConfiguration: { publicAccessPrevention: "sometimes" } }),
  ).rejects.toMatchObject({ code: 400 });
});

test("buckets are listed in pages, and by prefix", async () => {
  const { storage } = under;
  for (const name of ["list-a", "list-b", "list-c"]) await storage.createBucket(name);
  const [all] = await storage.getBuckets({ prefix: "list-" });
  expect(all.map(({ name }) => name)).toEqual(["list-a", "list-b", "list-c"]);
  const [page, next] = await storage.getBuckets({ prefix: "list-", maxResults: 2, autoPaginate: false });
  expect(page.map(({ name }) => name)).toEqual(["list-a", "list-b"]);
  expect(next).toMatchObject({ pageToken: expect.any(String) });
});

test("a name that is taken is a conflict, a bad name is invalid, a missing bucket is not found", async () => {
  const { storage, server } = under;
  await expect(storage.createBucket("tracks")).rejects.toMatchObject({
    code: 409,
    errors: [{ reason: "conflict" }],
  });
  await expect(storage.createBucket("Not A Name")).rejects.toMatchObject({ code: 400 });
  await expect(storage.bucket("absent").getMetadata()).rejects.toMatchObject({
    code: 404,
    errors: [{ reason: "notFound", domain: "global" }],
  });
  await expect(storage.bucket("absent").file("x").save("x", { resumable: false })).rejects.toMatchObject({
    code: 404,
  });
  expect(await storage.bucket("absent").exists()).toEqual([false]);
  const response = await fetch(`${server.url}/storage/v1/b/absent`);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    error: {
      code: 404,
      message: expect.any(String),
      errors: [{ message: expect.any(String), domain: "global", reason: "notFound" }],
    },
  });
});

test("only an empty bucket can be deleted", async () => {
  const [bucket] = await under.storage.createBucket("short-lived");
  await bucket.file("a").save("a", { resumable: false });
  await expect(bucket.delete()).rejects.toMatchObject({ code: 409 });
  await bucket.file("a").delete();
  await bucket.delete();
  expect(await bucket.exists()).toEqual([false]);
});
