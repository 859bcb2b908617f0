// Calls of Google's client for Node that send more than they mean, or other than their documentation says.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TransferManager } from "@google-cloud/storage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
let folder: string;
beforeAll(async () => {
  under = await startServerUnderTest();
  folder = await mkdtemp(join(tmpdir(), "segue-node-client-"));
});
afterAll(async () => {
  await under[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const save = (name: string) => under.bucket.file(name).save("x", { resumable: false });
const names = async (query = {}) => (await under.bucket.getFiles(query))[0].map(({ name }) => name);

test("deleting by prefix, with versions, and by force", async () => {
  for (const name of ["a/1", "a/2", "b/1", "c"]) await save(name);
  await under.bucket.deleteFiles({ prefix: "a/" });
  expect(await names()).toEqual(["b/1", "c"]);
  await under.bucket.deleteFiles({ versions: true, force: true, matchGlob: "b/*" });
  expect(await names()).toEqual(["c"]);
  await under.bucket.deleteFiles();
});

test("lists with the client's own limits", async () => {
  for (const name of ["1", "2", "3"]) await save(name);
  expect(await names({ maxApiCalls: 1, maxResults: 2 })).toHaveLength(2);
  expect(await names({ autoPaginate: true, maxResults: 5 })).toHaveLength(3);
  const streamed = [];
  for await (const file of under.bucket.getFilesStream({ prefix: "" })) streamed.push(file.name);
  expect(streamed).toEqual(["1", "2", "3"]);
  expect((await under.storage.getBuckets({ maxApiCalls: 1 }))[0]).toHaveLength(1);
});

test("get, create, exist, delete, with their options", async () => {
  const [bucket] = await under.storage.bucket("created").get({ autoCreate: true });
  expect(await bucket.exists({ userProject: "p" })).toEqual([true]);
  const file = bucket.file("x");
  await file.save("x", { resumable: false, metadata: { metadata: { a: "1" } } });
  expect((await file.get())[0].metadata.metadata).toEqual({ a: "1" });
  await file.delete({ ignoreNotFound: true });
  await file.delete({ ignoreNotFound: true });
  await bucket.delete({ ignoreNotFound: true });
  expect(await bucket.exists()).toEqual([false]);
});

test("copies, moves and renames, with what they are to become", async () => {
  await save("from");
  const file = under.bucket.file("from");
  await file.copy("copied", { contentType: "audio/wav", metadata: { a: "1" }, cacheControl: "no-store" });
  expect((await under.bucket.file("copied").getMetadata())[0]).toMatchObject({
    contentType: "audio/wav",
    metadata: { a: "1" },
    cacheControl: "no-store",
  });
  await under.bucket.file("copied").move("moved");
  await under.bucket.file("moved").rename("renamed");
  await under.bucket.file("renamed").moveFileAtomic("last");
  await under.bucket.file("last").setStorageClass("nearline");
  expect((await under.bucket.file("last").getMetadata())[0].storageClass).toBe("NEARLINE");
  expect(await names({ matchGlob: "{copied,moved,renamed,last}" })).toEqual(["last"]);
});

test("settings of a bucket, by their own calls", async () => {
  const { bucket } = under;
  await bucket.setLabels({ a: "1" });
  await bucket.deleteLabels("a");
  await bucket.setCorsConfiguration([{ maxAgeSeconds: 60, origin: ["*"] }]);
  await bucket.setStorageClass("nearline");
  await bucket.addLifecycleRule({ action: { type: "Delete" }, condition: { age: 3 } });
  await bucket.addLifecycleRule({ action: { type: "Delete" }, condition: { createdBefore: new Date(0) } });
  const [metadata] = await bucket.getMetadata();
  expect(metadata).toMatchObject({ storageClass: "NEARLINE", cors: [{ maxAgeSeconds: 60 }] });
  expect(metadata.lifecycle?.rule).toHaveLength(2);
  expect((await bucket.iam.testPermissions(["storage.objects.get"]))[0]).toEqual({
    "storage.objects.get": true,
  });
  await expect(bucket.iam.getPolicy()).rejects.toThrow("IAM is not built");
  await expect(bucket.enableRequesterPays()).rejects.toThrow("requesterPays is not built");
  await expect(bucket.setRetentionPeriod(60)).rejects.toThrow("retentionPolicy is not built");
  await expect(bucket.createNotification("topic")).rejects.toThrow("notifications");
  await expect(bucket.makePublic()).rejects.toThrow("not built");
  expect((await bucket.getNotifications())[0]).toEqual([]);
});

// Its uploadFileInChunks asks Google itself for a token, whatever the service account file says.
test("many files at once, and one read in chunks", async () => {
  const body = Buffer.alloc(12 * 1024 * 1024, "segue");
  await writeFile(join(folder, "large.bin"), body);
  const manager = new TransferManager(under.bucket);
  await manager.uploadManyFiles([join(folder, "large.bin")], { customDestinationBuilder: () => "many.bin" });
  const destination = join(folder, "out.bin");
  await manager.downloadFileInChunks(under.bucket.file("many.bin"), {
    destination,
    chunkSizeBytes: 5 * 1024 * 1024,
  });
  expect((await readFile(destination)).equals(body)).toBe(true);
});
