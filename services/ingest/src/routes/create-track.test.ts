import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import {
  ArtifactReady,
  Problem,
  TrackAccepted,
  TrackReceipt,
  TrackResource,
  trackObjectName,
} from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({ SEGUE_MAX_UPLOAD_BYTES: "3000000" });
});
afterAll(() => api[Symbol.asyncDispose]());

const sha256 = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");
const randomFile = (sizeBytes: number, seed: number) => Buffer.alloc(sizeBytes, sha256(String(seed)));
const post = (init: RequestInit & { duplex?: "half" }, query = "") =>
  fetch(`${api.url}/v1/tracks${query}`, { method: "POST", ...init });
const problem = async (response: Response) => {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return Problem.parse(await response.json());
};
const form = (file: Buffer, fields: Record<string, string> = {}, name = "song.mp3") => {
  const body = new FormData();
  body.set("file", new Blob([new Uint8Array(file)]), name);
  for (const [field, value] of Object.entries(fields)) body.set(field, value);
  return body;
};

/** What a refused or broken upload must leave behind: nothing. */
const snapshot = async () => ({
  masters: await api.objects("masters"),
  scratch: await api.objects("scratch"),
  records: await api.objects("records"),
});

test("a form is stored, hashed, announced, and found at once", async () => {
  const metadata = { id: "acme-4711", "label:name": "Größe \u{1f3b5} =1+1", empty: "" };
  const file = randomFile(200_000, 1);
  const response = await post({
    body: form(
      file,
      { title: "A Song", targets: "tempo", metadata: JSON.stringify(metadata) },
      "dîner/ça va?.mp3",
    ),
  });
  expect(response.status).toBe(202);
  const receipt = TrackReceipt.parse(await response.json());
  expect(response.headers.get("location")).toBe(receipt.url);

  const found = await fetch(receipt.url);
  expect(found.status).toBe(200);
  const track = TrackResource.parse(await found.json());
  expect(track).toMatchObject({
    id: receipt.id,
    state: "accepted",
    title: "A Song",
    metadata,
    fileName: "ça va?.mp3",
    master: sha256(file),
    sizeBytes: file.length,
    targets: ["tempo"],
  });
  expect(track.steps.map(({ step, status }) => [step, status])).toEqual([
    ["decode", "waiting"],
    ["downsample", "waiting"],
    ["tempo", "waiting"],
  ]);

  const stored = await api.store.readObject({ bucket: api.names.bucket("masters"), name: sha256(file) });
  expect(stored.equals(file)).toBe(true);
  expect(await api.objects("scratch")).toEqual([]);
  expect(await api.objects("records")).toEqual([trackObjectName(receipt.id)]);

  const [accepted] = await api.published("tracks", 1);
  expect(TrackAccepted.parse(accepted)).toMatchObject({
    trackId: receipt.id,
    request: { requestId: receipt.id, cause: "submission", wants: ["decode", "downsample", "tempo"] },
  });
  const [ready] = await api.published("master", 1);
  expect(ready).toMatchObject({
    attributes: {
      track: receipt.id,
      story: expect.any(String),
      "want.decode": "1",
      "want.downsample": "1",
      "want.tempo": "1",
    },
  });
  expect(ArtifactReady.parse(ready).record).toMatchObject({
    address: sha256(file),
    step: null,
    outcome: { payload: { bucket: "test-test-masters", name: sha256(file), sizeBytes: file.length } },
  });
});

test("a raw body is taken with what the query says of it, and the same bytes are stored once", async () => {
  const file = randomFile(100_000, 2);
  const send = () =>
    post(
      { body: new Uint8Array(file), headers: { "content-type": "audio/flac" } },
      `?title=T%26&filename=x.flac&targets=aac,tempo&metadata=${encodeURIComponent('{"id":"7"}')}`,
    );
  const [first, second] = await Promise.all([send(), send()]);
  expect([first.status, second.status]).toEqual([202, 202]);
  const ids = [TrackReceipt.parse(await first.json()).id, TrackReceipt.parse(await second.json()).id];
  expect(new Set(ids).size).toBe(2);
  const track = await (await fetch(`${api.url}/v1/tracks/${ids[0]}`)).json();
  expect(track).toMatchObject({
    ...{ title: "T&", fileName: "x.flac", targets: ["aac", "tempo"], metadata: { id: "7" } },
  });
  expect((await api.objects("masters")).filter((name) => name === sha256(file))).toHaveLength(1);
  expect(await api.objects("scratch")).toEqual([]);
});

/** What `curl -T` sends of an empty file: chunks, and not a word on what they are. */
async function postEmptyChunks(): Promise<Response> {
  const sent = request(`${api.url}/v1/tracks`, {
    method: "POST",
    headers: { "transfer-encoding": "chunked" },
  });
  sent.end();
  const [response] = await once(sent, "response");
  return new Response(Readable.toWeb(response) as ReadableStream, { status: response.statusCode });
}

test.each([
  ["in a form", () => post({ body: form(Buffer.alloc(0)) })],
  ["as a raw body", () => post({ body: "", headers: { "content-type": "audio/mpeg" } })],
  ["in chunks", postEmptyChunks],
])("an empty file %s is a track: its outcome is decode's to say", async (_how, send) => {
  const response = await send();
  expect(response.status).toBe(202);
  const { url } = TrackReceipt.parse(await response.json());
  expect(await (await fetch(url)).json()).toMatchObject({ sizeBytes: 0, master: sha256("") });
});

const cutForm = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc';
const json = (body: unknown) =>
  post({ body: JSON.stringify(body), headers: { "content-type": "application/json" } });
test.each([
  ["nothing at all", 400, "invalid-request", () => post({})],
  [
    "a form without a file",
    400,
    "invalid-request",
    () =>
      post({
        body: form(Buffer.alloc(0), {}).get("x") ?? new URLSearchParams(),
        headers: { "content-type": "multipart/form-data; boundary=x" },
      }),
  ],
  [
    "a form without a boundary",
    400,
    "invalid-request",
    () => post({ body: "abc", headers: { "content-type": "multipart/form-data" } }),
  ],
  [
    "a form that ends within its file",
    400,
    "upload-cut",
    () => post({ body: cutForm, headers: { "content-type": "multipart/form-data; boundary=b" } }),
  ],
  [
    "a form that ends within its head",
    400,
    "invalid-request",
    () =>
      post({ body: "--b\r\ncontent-dis", headers: { "content-type": "multipart/form-data; boundary=b" } }),
  ],
  [
    "a field of a forbidden name",
    400,
    "invalid-request",
    () => post({ body: form(Buffer.from("abc"), { __proto__x: "1", constructor: "1" }) }),
  ],
  [
    "a field too long",
    400,
    "invalid-request",
    () => post({ body: form(Buffer.from("abc"), { title: "x".repeat(100_000) }) }),
  ],
  [
    "too many fields",
    400,
    "invalid-request",
    () =>
      post({
        body: form(
          Buffer.from("abc"),
          Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, ""])),
        ),
      }),
  ],
  [
    "a file in another field",
    400,
    "invalid-request",
    () => {
      const body = new FormData();
      body.set("audio", new Blob(["abc"]), "a.mp3");
      return post({ body });
    },
  ],
  [
    "two files",
    400,
    "invalid-request",
    () => {
      const body = form(Buffer.from("abc"));
      body.append("file", new Blob(["def"]), "b.mp3");
      return post({ body });
    },
  ],
  [
    "an unknown target",
    400,
    "invalid-request",
    () => post({ body: form(Buffer.from("abc"), { targets: "stems" }) }),
  ],
  [
    "an unknown target in the query",
    400,
    "invalid-request",
    () => post({ body: "abc", headers: { "content-type": "audio/mpeg" } }, "?targets=stems"),
  ],
  [
    "a type that is no audio",
    415,
    "unsupported-media-type",
    () => post({ body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } }),
  ],
  [
    "broken JSON",
    400,
    "invalid-request",
    () => post({ body: "{", headers: { "content-type": "application/json" } }),
  ],
  ["JSON without a source", 400, "invalid-request", () => json({ title: "x" })],
  [
    "metadata in a query that is no JSON",
    400,
    "invalid-request",
    () => post({ body: "abc", headers: { "content-type": "audio/wav" } }, "?metadata=id"),
  ],
  ["a source of another scheme", 400, "invalid-request", () => json({ source: "file:///etc/passwd" })],
  ["an unencrypted source", 400, "invalid-request", () => json({ source: "http://example.com/a.mp3" })],
  [
    "a source in our own buckets",
    422,
    "source-forbidden",
    () => json({ source: "gs://test-test-records/x" }),
  ],
  ["a source with a password", 422, "source-forbidden", () => json({ source: "https://u:p@example.com/a" })],
  ["a private source", 422, "source-forbidden", () => json({ source: "https://127.0.0.1/a.mp3" })],
  [
    "the metadata server",
    422,
    "source-forbidden",
    () => json({ source: "https://[::ffff:169.254.169.254]/x" }),
  ],
])("%s is refused with %d %s and leaves nothing", async (_what, status, code, send) => {
  const before = await snapshot();
  const response = await send();
  expect(response.status).toBe(status);
  expect(await problem(response)).toMatchObject({ status, code });
  expect(await snapshot()).toEqual(before);
});

test.each([
  [
    "as a raw body",
    (file: Buffer) => post({ body: new Uint8Array(file), headers: { "content-type": "audio/wav" } }),
  ],
  ["in a form", (file: Buffer) => post({ body: form(file) })],
])("a file over the limit %s is refused, and leaves nothing", async (_how, send) => {
  const before = await snapshot();
  const response = await send(randomFile(3_000_001, 6));
  expect(response.status).toBe(413);
  expect(await problem(response)).toMatchObject({ code: "upload-too-large" });
  expect(await snapshot()).toEqual(before);
});

test("a file just at the limit is taken", async () => {
  const response = await post({
    body: new Uint8Array(randomFile(3_000_000, 7)),
    headers: { "content-type": "audio/wav" },
  });
  expect(response.status).toBe(202);
});
