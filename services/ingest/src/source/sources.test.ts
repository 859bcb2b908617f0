import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { Problem, TrackReceipt } from "@segue/contracts";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

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
  "/a%00b": (_request, response) => response.end(file),
};

let server: Server;
let web: string;
let api: LocalApi;
beforeAll(async () => {
  const pems = await generate([{ name: "commonName", value: "localhost" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  server = createServer({ key: pems.private, cert: pems.cert }, (request, response) => {
    const answer = answers[request.url?.split("?", 1)[0] ?? ""];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  web = `https://localhost:${typeof address === "object" ? address?.port : 0}`;
  const env = {
    SEGUE_ALLOW_PRIVATE_SOURCES: "1",
    SEGUE_MAX_UPLOAD_BYTES: "100000",
    SEGUE_SOURCE_BUCKETS: "library, test-masters",
  };
  api = await startLocalApi(env, { ca: pems.cert });
  for (const name of ["library", "another"])
    await api.store.ensureBucket({ name, softDeleteRetentionSec: 0 });
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await api[Symbol.asyncDispose]();
});

const post = (path: string, body: object) =>
  fetch(`${api.url}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
const submit = (source: string) => post("/v1/tracks", { source });
const written = async () => [
  await api.objects("masters"),
  await api.objects("scratch"),
  await api.objects("records"),
];
async function keepInBucket(bucket: string, name: string, bytes: Buffer, contentEncoding: string) {
  const query = new URLSearchParams({ uploadType: "media", name, contentEncoding });
  const url = `${api.storageUrl}/upload/storage/v1/b/${bucket}/o?${query}`;
  expect((await fetch(url, { method: "POST", body: new Uint8Array(bytes) })).status).toBe(200);
}
async function masterOf(response: Response): Promise<unknown> {
  expect(response.status).toBe(202);
  const { url } = TrackReceipt.parse(await response.json());
  return Object(await (await fetch(url)).json()).master;
}

test.each(["/plain", "/gzip", "/br"])("%s is fetched, its content coding taken off", async (path) => {
  expect(await masterOf(await submit(`${web}${path}`))).toBe(sha256);
});

test.each([
  ["gzip", gzipSync(file)],
  ["br", brotliCompressSync(file)],
  ["", file],
])("an object in %j is the file that was put in", async (encoding, bytes) => {
  await keepInBucket("library", `in-${encoding}`, bytes, encoding);
  expect(await masterOf(await submit(`gs://library/in-${encoding}`))).toBe(sha256);
});

test.each([
  ["/twice", 422, "source-unreadable"],
  ["/zstd", 422, "source-unreadable"],
  ["/lie", 422, "source-unreadable"],
  ["/cut", 422, "source-unreadable"],
  ["/bomb", 413, "upload-too-large"],
  ["/nothing", 422, "source-missing"],
])("%s is refused with %d %s, without the URL's secrets, and nothing is kept", async (path, status, code) => {
  const before = await written();
  const response = await submit(`${web}${path}?X-Goog-Signature=${secret}`);
  const text = await response.text();
  expect(Problem.parse(JSON.parse(text))).toMatchObject({ status, code });
  expect(text).not.toContain(secret);
  expect(await written()).toEqual(before);
});

test("a signed URL is fetched, and shown to nobody", async () => {
  const source = `${web}/plain?X-Goog-Signature=${secret}&x=1`;
  const { id, url } = TrackReceipt.parse(await (await submit(source)).json());
  const job = {
    request_id: "signed",
    release_id: "1",
    asset_id: "1",
    asset_guid: "1",
    derivative_assets: [],
  };
  const asked = await post("/v1/jobs", { ...job, source });
  expect(asked.status).toBe(202);
  const again = await post("/v1/jobs", { ...job, source });
  expect(again.status).toBe(200);
  expect((await post("/v1/jobs", { ...job, source: `${source}2` })).status).toBe(409);

  const track = await (await fetch(url)).text();
  expect(JSON.parse(track)).toMatchObject({ source: `${web}/plain?...`, fileName: "plain" });
  const read = ["", `/${id}/history`].map((path) =>
    fetch(`${api.url}/v1/tracks${path}`).then((r) => r.text()),
  );
  const messages = JSON.stringify(await api.published("tracks", 2));
  const objects = await Promise.all(
    (await api.objects("records")).map(async (name) =>
      String(await api.store.readObject({ bucket: api.names.bucket("records"), name })),
    ),
  );
  const all = [
    track,
    await asked.text(),
    await again.text(),
    ...(await Promise.all(read)),
    messages,
    ...objects,
  ];
  expect(all.filter((text) => text.includes(secret))).toEqual([]);
  // What was kept before, with all of it, is shown without it too.
  await api.pool.query(
    `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
     values ('01a2174d-5497-7a8f-ae24-e5d80b806dc3', $1, 1, $2, '{}', '{}', now(), 'accepted')`,
    [sha256, source],
  );
  const old = await fetch(`${api.url}/v1/tracks/01a2174d-5497-7a8f-ae24-e5d80b806dc3`);
  expect(await old.json()).toMatchObject({ source: `${web}/plain?...` });
});

test("a file's name that is no text is no reason to lose the track", async () => {
  const { url } = TrackReceipt.parse(await (await submit(`${web}/a%00b`)).json());
  expect(await (await fetch(url)).json()).toMatchObject({ fileName: "a\ufffdb" });
});

test.each([
  ["gs://another/x", 422, "source-forbidden"],
  ["gs://test-masters/x", 422, "source-forbidden"],
  ["gs://test-masters\\o\\SHA?/x", 400, "invalid-request"],
  ["gs://library/a\r\nb", 400, "invalid-request"],
  ["gs://library/..", 400, "invalid-request"],
  [`gs://library/${"x".repeat(1_025)}`, 400, "invalid-request"],
  ["https://user:s3cret@localhost/x", 422, "source-forbidden"],
])("%s is refused with %d %s", async (source, status, code) => {
  const before = await written();
  for (const response of [
    await submit(source),
    await post("/v1/jobs", {
      request_id: source,
      release_id: 1,
      asset_id: 1,
      asset_guid: 1,
      derivative_assets: [],
      source,
    }),
  ]) {
    const text = await response.text();
    expect(Problem.parse(JSON.parse(text))).toMatchObject({ status, code });
    expect(text).not.toContain("s3cret");
  }
  expect(await written()).toEqual(before);
});
