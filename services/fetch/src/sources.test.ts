import { createHash, randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalFetch, startLocalFetch } from "./fixtures/local-fetch.ts";

const file = randomBytes(5_000);
const sha256 = createHash("sha256").update(file).digest("hex");
const secret = "s3cret-signature";

const encoded = (encoding: string, bytes: Buffer): RequestListener => {
  return (_request, response) => response.writeHead(200, { "content-encoding": encoding }).end(bytes);
};
const answers: Record<string, RequestListener> = {
  "/plain": (_request, response) => response.end(file),
  "/gzip": encoded("gzip", gzipSync(file)),
  "/br": encoded("BR", brotliCompressSync(file)),
  "/twice": encoded("gzip, gzip", gzipSync(gzipSync(file))),
  "/zstd": encoded("zstd", file),
  "/lie": encoded("gzip", file),
  "/cut": encoded("gzip", gzipSync(file).subarray(0, 3_000)),
  "/bomb": encoded("gzip", gzipSync(Buffer.alloc(20_000_000))),
  "/large": (_request, response) => response.end(Buffer.alloc(200_000)),
  "/inward": (_request, response) => response.writeHead(301, { location: "http://localhost/x" }).end(),
};

let local: LocalFetch;
let worker: Awaited<ReturnType<LocalFetch["startWorker"]>>;
beforeAll(async () => {
  local = await startLocalFetch(answers, {
    SEGUE_MAX_UPLOAD_BYTES: "100000",
    SEGUE_SOURCE_BUCKETS: "library, test-test-masters",
  });
  worker = await local.startWorker();
});
afterAll(async () => {
  await worker.drain();
  await local[Symbol.asyncDispose]();
});

const urlOf = (source: string) => (source.startsWith("/") ? `${local.web}${source}` : source);

async function keepInBucket(bucket: string, name: string, bytes: Buffer, contentEncoding: string) {
  const query = new URLSearchParams({ uploadType: "media", name, contentEncoding });
  const url = `${local.storageUrl}/upload/storage/v1/b/${bucket}/o?${query}`;
  expect((await fetch(url, { method: "POST", body: new Uint8Array(bytes) })).status).toBe(200);
}

async function outcomeOf(source: string) {
  const request = await local.submit(urlOf(source));
  await expect.poll(() => local.outcomesOf(request).length, { timeout: 90_000 }).toBe(1);
  return { request, outcome: local.outcomesOf(request)[0] };
}

test.each(["/plain", "/gzip", "/br"])("%s is fetched, its content coding taken off", async (path) => {
  expect((await outcomeOf(path)).outcome).toMatchObject({ master: sha256, address: sha256 });
});

test.each([
  ["gzip", gzipSync(file)],
  ["br", brotliCompressSync(file)],
  ["", file],
])("an object in %j is the file that was put in", async (encoding, bytes) => {
  await keepInBucket("library", `in-${encoding}`, bytes, encoding);
  expect((await outcomeOf(`gs://library/in-${encoding}`)).outcome).toMatchObject({ master: sha256 });
});

test.each([
  ["/twice", "source-undecodable"],
  ["/zstd", "source-undecodable"],
  ["/lie", "source-undecodable"],
  ["/cut", "source-undecodable"],
  ["/bomb", "too-large"],
  ["/large", "too-large"],
  ["/nothing", "source-not-found"],
  ["/inward", "source-refused"],
  ["gs://library/nothing", "source-not-found"],
  ["gs://another/x", "source-refused"],
  ["gs://test-test-masters/x", "source-refused"],
  ["https://user:s3cret@localhost/x", "source-refused"],
])("%s fails its track with %s, without the URL's secrets, and no bytes are kept", async (path, code) => {
  const masters = await local.list("masters");
  const source = urlOf(path);
  const signed = source.startsWith("gs:") ? source : `${source}?X-Goog-Signature=${secret}`;
  const { request, outcome } = await outcomeOf(signed);
  expect(outcome).toMatchObject({ v: 2, master: null, outcome: { status: "failed", error: { code } } });
  expect(JSON.stringify(outcome)).not.toContain("s3cret");
  expect(local.begunFor(request)).toEqual([]);
  expect(await local.list("masters")).toEqual(masters);
  expect((await local.list("scratch")).filter((name) => name.startsWith("uploads/"))).toEqual([]);
});

test("a signed URL is fetched with its signature, which is forgotten then, and told to nobody", async () => {
  const source = `${local.web}/plain?X-Goog-Signature=${secret}&x=1`;
  const { request } = await outcomeOf(source);
  expect(local.asked).toContain(`/plain?X-Goog-Signature=${secret}&x=1`);
  const kept = async () => (await local.list("records")).filter((name) => name.endsWith(".source.json"));
  const keptOfTrack = async () => (await kept()).filter((name) => name.includes(request.trackId));
  await expect.poll(keptOfTrack).toEqual([]);
  // A client whose answer was lost says it again.
  await local.submit(source, request);
  await expect.poll(() => local.outcomesOf(request).length, { timeout: 90_000 }).toBe(2);
  await expect.poll(keptOfTrack).toEqual([]);
  const all = JSON.stringify([local.outcomes, local.begun, local.sent]);
  expect(all).toContain(request.trackId);
  expect(all).not.toContain(secret);
});
