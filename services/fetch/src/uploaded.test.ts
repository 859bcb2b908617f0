// What clients have sent to storage themselves is fetched as a source is, by the worker over the local cloud, and goes then.
import { createHash, randomBytes } from "node:crypto";
import { createUploadObjects } from "@segue/artifacts";
import { createId } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalFetch, startLocalFetch } from "./fixtures/local-fetch.ts";

const file = randomBytes(50_000);
const sha256 = createHash("sha256").update(file).digest("hex");

let local: LocalFetch;
let worker: Awaited<ReturnType<LocalFetch["startWorker"]>>;
let uploads: ReturnType<typeof createUploadObjects>;
beforeAll(async () => {
  // Which buckets sources may be in does not concern it.
  local = await startLocalFetch({}, { SEGUE_MAX_UPLOAD_BYTES: "100000", SEGUE_SOURCE_BUCKETS: "library" });
  uploads = createUploadObjects(local.store, local.names);
  worker = await local.startWorker();
});
afterAll(async () => {
  await worker.drain();
  await local[Symbol.asyncDispose]();
});

/** As a client does with the URL of its session. @returns the id of the upload. */
async function send(bytes: Buffer, announced?: string): Promise<string> {
  const id = createId(new Date());
  const toOpen = { sizeBytes: bytes.length, sha256: announced, origin: undefined };
  const session = await uploads.openSession(id, toOpen);
  expect((await fetch(session, { method: "PUT", body: new Uint8Array(bytes) })).status).toBe(200);
  return id;
}

async function outcomeOf(trackId: string, uploadId = trackId) {
  const request = await local.submit(uploads.sourceOf(uploadId), { requestId: trackId, trackId });
  await expect.poll(() => local.outcomesOf(request).length, { timeout: 90_000 }).toBe(1);
  return { request, outcome: local.outcomesOf(request)[0] };
}

const left = async () => {
  const found = await local.store.listObjects({ bucket: local.names.bucket("uploads"), prefix: "" });
  return found.objects.map(({ name }) => name);
};

test.each([
  ["announced by its SHA-256", sha256],
  ["of which none was announced", undefined],
])("a file %s is the master, byte for byte, and is nowhere else then", async (_what, announced) => {
  const { request, outcome } = await outcomeOf(await send(file, announced));
  expect(outcome).toMatchObject({ master: sha256, outcome: { status: "succeeded" } });
  const master = await local.store.readObject({ bucket: local.names.bucket("masters"), name: sha256 });
  expect(master.equals(file)).toBe(true);
  await expect.poll(left).toEqual([]);
  await expect.poll(() => local.begunFor(request).length).toBe(1);
});

test("one with another SHA-256 than was announced is a failure for good, is no master, and goes", async () => {
  const other = randomBytes(100);
  const before = await local.list("masters");
  const { outcome } = await outcomeOf(await send(other, sha256));
  expect(outcome).toMatchObject({
    master: null,
    outcome: { status: "failed", error: { code: "source-differs", family: "permanent" } },
  });
  expect(await local.list("masters")).toEqual(before);
  await expect.poll(left).toEqual([]);
  expect((await local.list("scratch")).filter((name) => name.startsWith("uploads/"))).toEqual([]);
});

test("one over the limit goes, too", async () => {
  const { outcome } = await outcomeOf(await send(Buffer.alloc(100_001)));
  expect(outcome).toMatchObject({ outcome: { error: { code: "too-large" } } });
  await expect.poll(left).toEqual([]);
});

test("what was uploaded for one track is no source of another's, and stays", async () => {
  const id = await send(file);
  const { outcome } = await outcomeOf(createId(new Date()), id);
  expect(outcome).toMatchObject({ outcome: { error: { code: "source-refused" } } });
  expect(await left()).toEqual([`files/${id}`]);
  await uploads.removeFile(id);
});

test("one that is not there any more is told so", async () => {
  const id = await send(file);
  await uploads.removeFile(id);
  expect((await outcomeOf(id)).outcome).toMatchObject({ outcome: { error: { code: "source-not-found" } } });
});

test("two workers, and a fetch that comes again, agree, and leave nothing", async () => {
  const other = await local.startWorker();
  const id = await send(file);
  const { request } = await outcomeOf(id);
  await local.submit(uploads.sourceOf(id), request);
  await expect.poll(() => local.begunFor(request).length, { timeout: 90_000 }).toBe(2);
  expect(new Set(local.outcomesOf(request).map(({ master }) => master))).toEqual(new Set([sha256]));
  await expect.poll(left).toEqual([]);
  await other.drain();
});
