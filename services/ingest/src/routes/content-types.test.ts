import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { Problem, TrackReceipt } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({ SEGUE_MAX_UPLOAD_BYTES: "100000" });
});
afterAll(() => api[Symbol.asyncDispose]());

// Line ends, a NUL, bytes that are no UTF-8, and a byte order mark: what a parser would change.
const file = Buffer.concat([Buffer.from("\ufeffRIFF\r\n\0\r\n--b--\r\n"), randomBytes(3_000)]);
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** By hand: `fetch` writes headers of its own. */
async function post(body: Buffer, headers: Record<string, string | string[]>) {
  const sent = request(`${api.url}/v1/tracks`, { method: "POST", headers });
  sent.end(body);
  const [response] = await once(sent, "response");
  return { status: response.statusCode, json: JSON.parse(await text(response)) };
}

/** The SHA-256 of the bytes that a submission was kept as. */
async function keptAs(json: unknown): Promise<string> {
  const { url } = TrackReceipt.parse(json);
  const master = await fetch(`${url}/assets/master`);
  expect(master.status).toBe(200);
  return digest(Buffer.from(await master.arrayBuffer()));
}

const takenTypes = [
  "audio/mpeg",
  "AUDIO/MPEG",
  "audio/mpeg; rate=44100",
  "audio/x-wav;codec=1",
  "video/mp4",
  "image/png",
  "text/plain",
  "Text/Plain; charset=utf-8",
  "text/plain; charset=utf-16",
  "text/html",
  "text/csv",
  "application/octet-stream",
  "application/ogg",
  "application/xml",
  "application/zip",
  "application/x-ndjson",
  "application/graphql",
  "application/vnd.apple.mpegurl",
  "application/jsonx",
  "binary/octet-stream",
  "x/y",
  "message/rfc822",
];

const refusedTypes = [
  "application/x-www-form-urlencoded",
  "application/ld+json",
  "application/vnd.api+json; charset=utf-8",
  "application/problem+json",
  "text/json",
  "application/json-seq",
  "APPLICATION/JSON",
  "application/json; charset=utf-8",
  "application/json; charset=utf-16",
  "multipart/mixed; boundary=b",
  "multipart/related; boundary=b",
  "multipart/byteranges; boundary=b",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  'multipart/form-data; boundary="b',
  "Multipart/Form-Data; Boundary=b",
  `multipart/form-data; boundary=${"b".repeat(500)}`,
  "audio",
  "garbage garbage",
  "a/b/c",
  ";",
  "",
];

test.each(takenTypes)("bytes sent as %j are the master, byte for byte", async (type) => {
  const { status, json } = await post(file, { "content-type": type });
  expect([status, json]).toMatchObject([202, { state: "accepted" }]);
  expect(await keptAs(json)).toBe(digest(file));
});

test("bytes of no type at all are the master", async () => {
  const { status, json } = await post(file, { "content-length": String(file.length) });
  expect(status).toBe(202);
  expect(await keptAs(json)).toBe(digest(file));
});

test.each(refusedTypes)("bytes sent as %j are refused, and nothing is kept of them", async (type) => {
  const before = [await api.objects("masters"), await api.objects("scratch"), await api.objects("records")];
  const { status, json } = await post(file, { "content-type": type });
  expect([400, 415]).toContain(status);
  expect(Problem.parse(json).detail).toContain("expected");
  expect([await api.objects("masters"), await api.objects("scratch"), await api.objects("records")]).toEqual(
    before,
  );
});

test("a part of a file is no file: refused, whatever its type", async () => {
  const before = [await api.objects("masters"), await api.objects("scratch"), await api.objects("records")];
  for (const type of ["audio/wav", "multipart/form-data; boundary=b", "application/json"]) {
    const { status, json } = await post(file, { "content-type": type, "content-range": "bytes 0-99/1000" });
    expect(status).toBe(400);
    expect(Problem.parse(json).detail).toContain("content-range");
  }
  expect([await api.objects("masters"), await api.objects("scratch"), await api.objects("records")]).toEqual(
    before,
  );
});

test("a route that takes JSON says so where something else comes", async () => {
  const refused = await fetch(`${api.url}/v1/pings`, {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: "{}",
  });
  expect(refused.status).toBe(415);
  expect(Problem.parse(await refused.json()).detail).toBe(
    'content-type: expected application/json, got "text/plain"',
  );
});

test("two content types are refused, whichever comes first", async () => {
  for (const types of [
    ["audio/wav", "application/json"],
    ["text/plain", "audio/wav"],
  ])
    expect((await post(file, { "content-type": types })).status).toBe(400);
});

const form = (boundary: string) =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
test.each(["b2", "'()+_,-./:=?", "x".repeat(70), "----WebKitFormBoundary7MA4YWxkTrZu0gW"])(
  "a form with the boundary %j is taken, byte for byte",
  async (boundary) => {
    const { status, json } = await post(form(boundary), {
      "content-type": `Multipart/Form-Data; charset=utf-8; boundary="${boundary}"`,
    });
    expect(status).toBe(202);
    expect(await keptAs(json)).toBe(digest(file));
  },
);

const encodedForm = (encoding: string, bytes: string) =>
  `--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\ncontent-transfer-encoding: ${encoding}\r\n\r\n${bytes}\r\n--b--\r\n`;

test.each(["base64", "Quoted-Printable", "x-uuencode"])(
  "a form's file in the transfer encoding %s is refused: its text is not the file",
  async (encoding) => {
    const before = [await api.objects("masters"), await api.objects("scratch")];
    const type = { "content-type": "multipart/form-data; boundary=b" };
    const { status, json } = await post(Buffer.from(encodedForm(encoding, "AAAA")), type);
    expect([status, Problem.parse(json).detail]).toEqual([
      400,
      expect.stringContaining(encoding.toLowerCase()),
    ]);
    expect([await api.objects("masters"), await api.objects("scratch")]).toEqual(before);
  },
);

test.each(["binary", "8BIT", "7bit"])("a form's file as %s is taken as it is", async (encoding) => {
  const type = { "content-type": "multipart/form-data; boundary=b" };
  const { status, json } = await post(Buffer.from(encodedForm(encoding, "abc")), type);
  expect(status).toBe(202);
  expect(await keptAs(json)).toBe(digest(Buffer.from("abc")));
});

test.each([
  ["gzip", gzipSync],
  ["GZIP", gzipSync],
  ["x-gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
  ["identity", (bytes: Buffer) => bytes],
] as const)("a body in %s is decoded: the file is the master", async (encoding, encode) => {
  const { status, json } = await post(encode(file), {
    "content-type": "audio/wav",
    "content-encoding": encoding,
  });
  expect(status).toBe(202);
  expect(await keptAs(json)).toBe(digest(file));
});

test.each<[string, Buffer, string, string, number]>([
  ["an encoding that is not known", file, "zstd", "audio/wav", 415],
  ["several encodings", gzipSync(gzipSync(file)), "gzip, gzip", "audio/wav", 415],
  ["an encoding named like a property of every object", file, "constructor", "audio/wav", 415],
  ["bytes that are not encoded as they say", file, "gzip", "audio/wav", 400],
  ["bytes that end within their encoding", gzipSync(file).subarray(0, 2_000), "gzip", "audio/wav", 400],
  ["more bytes after the end of gzip", Buffer.concat([gzipSync(file), file]), "gzip", "audio/wav", 400],
  [
    "more bytes after the end of deflate",
    Buffer.concat([deflateSync(file), file]),
    "deflate",
    "audio/wav",
    400,
  ],
  ["more bytes after the end of br", Buffer.concat([brotliCompressSync(file), file]), "br", "audio/wav", 400],
  ["a bomb", gzipSync(Buffer.alloc(50_000_000)), "gzip", "audio/wav", 413],
  ["encoded JSON", gzipSync('{"source":"gs://library/a"}'), "gzip", "application/json", 415],
  ["an encoded form", gzipSync(form("b")), "gzip", "multipart/form-data; boundary=b", 415],
])("%s is refused in words, and nothing is kept", async (_what, body, encoding, type, expected) => {
  const before = [await api.objects("masters"), await api.objects("scratch"), await api.objects("records")];
  const { status, json } = await post(body, { "content-type": type, "content-encoding": encoding });
  expect([status, Problem.parse(json).detail]).toEqual([expected, expect.any(String)]);
  expect([await api.objects("masters"), await api.objects("scratch"), await api.objects("records")]).toEqual(
    before,
  );
});

test("where JSON is expected, text of another type is no request", async () => {
  for (const path of ["/v1/jobs", "/v1/backfills", "/v1/pings"]) {
    const response = await fetch(`${api.url}${path}`, { method: "POST", body: "{}" });
    expect(response.status).toBe(415);
  }
});
