// What is refused of uploads, and what the holder of a session's URL can do.
import { createHash } from "node:crypto";
import { computeCrc32c } from "@segue/store";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createApp } from "../app.ts";
import type { KeyedApi } from "../fixtures/keyed-api.ts";
import { maxBytes, pieceBytes, refusal, startUploadApi } from "../fixtures/upload-api.ts";
import { ProblemError } from "../problem-error.ts";

let api: Awaited<ReturnType<typeof startUploadApi>>;
let keyed: KeyedApi;
let key: string;
beforeAll(async () => {
  api = await startUploadApi();
  ({ keyed, key } = api);
});
afterEach(() => api.clear());
afterAll(() => keyed[Symbol.asyncDispose]());

test.each([
  ["no size", {}],
  ["no bytes", { sizeBytes: 0 }],
  ["a part of a byte", { sizeBytes: 1.5 }],
  ["a CRC32C that is none", { sizeBytes: 1, crc32c: "AAAA" }],
  ["a SHA-256 that is none", { sizeBytes: 1, sha256: "ab" }],
  ["targets that nobody makes", { sizeBytes: 1, targets: ["nothing"] }],
  ["a type, which nobody looks at", { sizeBytes: 1, contentType: "text/html" }],
])("%s is refused before anything is opened", async (_what, body) => {
  expect(refusal(await keyed.post(key, "/v1/uploads", body))).toEqual({
    status: 400,
    code: "invalid-request",
  });
  expect(await api.left()).toEqual([]);
});

test("a file over the limit is refused before a byte of it is sent", async () => {
  const seen = await keyed.post(key, "/v1/uploads", { sizeBytes: maxBytes + 1 });
  expect(refusal(seen)).toEqual({ status: 413, code: "upload-too-large" });
  expect(await api.left()).toEqual([]);
});

test("storage takes no more bytes than were announced, and no fewer", async () => {
  const upload = await api.begin({ sizeBytes: pieceBytes + 2 });
  expect((await api.putAll(upload, Buffer.alloc(pieceBytes + 3))).status).toBe(400);
  expect(
    (await api.put(upload, Buffer.alloc(2 * pieceBytes), `bytes 0-${2 * pieceBytes - 1}/*`)).status,
  ).toBe(400);
  expect(await api.read(upload.id)).toMatchObject({ state: "open", receivedBytes: 0 });
  expect((await api.put(upload, Buffer.alloc(1), "bytes 0-*/*")).status).toBe(400);
  // That was the end of it.
  expect(await api.read(upload.id)).toMatchObject({ state: "over", sessionUrl: null, receivedBytes: null });
  expect(refusal(await api.complete(upload.id))).toEqual({ status: 410, code: "upload-ended" });
  await api.giveUp(upload.id);
  expect(await api.left()).toEqual([]);
});

test("bytes with another checksum than was announced are not kept, and it is told why, also later", async () => {
  const upload = await api.begin({ sizeBytes: 3, crc32c: computeCrc32c(Buffer.from("abc")) });
  await api.putAll(upload, Buffer.from("abd"));
  const refused = await api.complete(upload.id);
  expect(refusal(refused)).toEqual({ status: 409, code: "upload-differs" });
  expect(refused.json.detail).toBe("expected the CRC32C Nks/tw==, got 4oFbXA==");
  expect((await api.complete(upload.id)).json.detail).toBe(refused.json.detail);
  expect(await api.read(upload.id)).toMatchObject({ state: "refused", problem: { code: "upload-differs" } });
  expect(await api.left()).toEqual([`open/${upload.id}.json`]);
  await api.giveUp(upload.id);
  const right = await api.begin({ sizeBytes: 3, crc32c: computeCrc32c(Buffer.from("abc")) });
  await api.putAll(right, Buffer.from("abc"));
  expect((await api.complete(right.id)).status).toBe(202);
});

test("under its Idempotency-Key an upload is begun once, and its session's URL is kept where only uploads are", async () => {
  const headers = { "idempotency-key": "upload-1" };
  const first = await api.begin({ sizeBytes: 3, title: "once" }, headers);
  const all = await Promise.all(
    Array.from({ length: 3 }, () => api.begin({ title: "once", sizeBytes: 3 }, headers)),
  );
  expect(all).toEqual([first, first, first]);
  const other = await keyed.post(key, "/v1/uploads", { sizeBytes: 4 }, headers);
  expect(refusal(other)).toEqual({ status: 422, code: "idempotency-key-reused" });
  const { store, names } = keyed.api;
  const id = new URL(first.sessionUrl ?? "").searchParams.get("upload_id") ?? expect.unreachable();
  for (const name of await keyed.api.objects("records")) {
    const text = (await store.readObject({ bucket: names.bucket("records"), name })).toString();
    expect([name, text.includes(id)]).toEqual([name, false]);
  }
  await api.putAll(first, Buffer.from("abc"));
  await api.complete(first.id);
  expect(await api.begin({ sizeBytes: 3, title: "once" }, headers)).toMatchObject({
    id: first.id,
    state: "accepted",
  });
  expect((await api.acceptedAs(first.id)).request.keyedAs).toMatch(/^[0-9a-f]{64}$/);
});

test("another owner's upload is none, and a key that only reads has nothing to do with them", async () => {
  const bert = (await keyed.makeKey({ owner: "bert" })).key;
  const reader = (await keyed.makeKey({ scopes: ["tracks:read"] })).key;
  const upload = await api.begin({ sizeBytes: 3 });
  await api.putAll(upload, Buffer.from("abc"));
  for (const seen of [await api.complete(upload.id, bert), await api.giveUp(upload.id, bert)])
    expect(refusal(seen)).toEqual({ status: 404, code: "not-found" });
  const asked = await keyed.ask(bert, `/v1/uploads/${upload.id}`);
  expect(refusal(asked)).toEqual({ status: 404, code: "not-found" });
  expect(refusal(await keyed.ask(reader, `/v1/uploads/${upload.id}`))).toMatchObject({ status: 403 });
  await api.complete(upload.id);
  expect(refusal(await api.complete(upload.id, bert))).toEqual({ status: 404, code: "not-found" });
});

test("an upload counts when it is begun, with the size that it says", async () => {
  const { key: small, resource } = await keyed.makeKey({ tracksPerDay: 2, bytesPerDay: 10 });
  const over = await keyed.post(small, "/v1/uploads", { sizeBytes: 11 });
  expect(refusal(over)).toEqual({ status: 429, code: "quota-exceeded" });
  const upload = await api.begin({ sizeBytes: 6 }, {}, small);
  const { rows } = await keyed.api.pool.query(
    "select tracks::int, bytes::int from api_usage where family = $1",
    [resource.id],
  );
  expect(rows).toEqual([{ tracks: 1, bytes: 6 }]);
  expect(refusal(await keyed.post(small, "/v1/uploads", { sizeBytes: 6 }))).toEqual({
    status: 429,
    code: "quota-exceeded",
  });
  expect(await api.left()).toEqual([`open/${upload.id}.json`]);
  await api.giveUp(upload.id, small);
});

// Whoever learns a session's URL may write that one file, and nothing else.
test("the holder of a session's URL may send the file, once, and neither read it nor give it a type", async () => {
  const upload = await api.begin({ sizeBytes: 3 });
  const sent = await api.put(upload, Buffer.from("abc"), "bytes 0-2/3", { "content-type": "text/html" });
  expect(sent.status).toBe(200);
  const again = await api.put(upload, Buffer.from("xyz"), "bytes 0-2/3");
  expect(again.status).toBe(200);
  expect((await fetch(upload.sessionUrl ?? "")).headers.get("content-type")).not.toContain("html");
  const { store, names } = keyed.api;
  const ref = { bucket: names.bucket("uploads"), name: `files/${upload.id}` };
  expect((await store.readObject(ref)).toString()).toBe("abc");
  expect(await store.statObject(ref)).toMatchObject({ contentType: "application/octet-stream" });
  await api.giveUp(upload.id);
});

test("a session's name in it does not lead elsewhere", async () => {
  const upload = await api.begin({ sizeBytes: 3 });
  const moved = new URL(upload.sessionUrl ?? "");
  moved.searchParams.set("name", "files/another");
  moved.pathname = moved.pathname.replace(
    keyed.api.names.bucket("uploads"),
    keyed.api.names.bucket("masters"),
  );
  expect((await api.putAll({ ...upload, sessionUrl: moved.href }, Buffer.from("abc"))).status).toBe(200);
  expect(await api.left()).toEqual([`files/${upload.id}`, `open/${upload.id}.json`]);
  expect(await keyed.api.objects("masters")).toEqual([]);
  await api.giveUp(upload.id);
});

test("what was uploaded is nobody's source by name", async () => {
  const upload = await api.begin({ sizeBytes: 3 });
  await api.putAll(upload, Buffer.from("abc"));
  const source = `gs://${keyed.api.names.bucket("uploads")}/files/${upload.id}`;
  expect(refusal(await keyed.post(key, "/v1/tracks", { source }))).toEqual({
    status: 422,
    code: "source-forbidden",
  });
  await api.giveUp(upload.id);
});

test("bytes that were taken down are refused before they are sent, where their SHA-256 is told", async () => {
  const sha256 = createHash("sha256").update("unwanted").digest("hex");
  const { context } = keyed.api;
  const require = async (master: string) => {
    if (master === sha256) throw new ProblemError("master-taken-down", "they were taken down");
  };
  const app = await createApp({ ...context, refused: { require } });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const body = JSON.stringify({ sizeBytes: 8, sha256 });
  expect((await fetch(`${url}/v1/uploads`, { method: "POST", headers, body })).status).toBe(451);
  await app.close();
  expect(await api.left()).toEqual([]);
});
