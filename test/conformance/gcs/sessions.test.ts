// Upload sessions as somebody uses them who was only told their URL: what was said when they were opened holds.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { incomingBytes, listIncoming, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let now = Date.parse("2026-11-01T00:00:00Z");
let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest({ now: () => now });
});
afterAll(() => under[Symbol.asyncDispose]());

const pieceBytes = 256 * 1024;

async function start(name: string, headers: Record<string, string> = {}): Promise<string> {
  const url = `${under.server.url}/upload/storage/v1/b/tracks/o?uploadType=resumable&name=${name}`;
  const response = await fetch(url, { method: "POST", body: "{}", headers });
  return response.headers.get("location") ?? "";
}

function put(session: string, body: Buffer, range: string, headers: Record<string, string> = {}) {
  const all = { "content-range": range, ...headers };
  return fetch(session, { method: "PUT", body: new Uint8Array(body), headers: all });
}

const ask = (session: string, sizeBytes: number) => put(session, Buffer.alloc(0), `bytes */${sizeBytes}`);

test.each([
  ["more in its range", "bytes 0-262143/300001", pieceBytes],
  ["fewer in its range", "bytes 0-262143/299999", pieceBytes],
  ["more in its body", "bytes 0-300000/*", 300_001],
])("a session whose size was announced takes no object of another: %s", async (_what, range, size) => {
  const session = await start("announced", { "x-upload-content-length": "300000" });
  expect((await put(session, Buffer.alloc(size), range)).status).toBe(400);
  expect(await under.bucket.file("announced").exists()).toEqual([false]);
  // One that ends sooner than was announced is over, and leaves nothing.
  expect((await put(session, Buffer.alloc(pieceBytes), "bytes 0-262143/*")).status).toBe(308);
  expect((await put(session, Buffer.alloc(10), "bytes 262144-*/*")).status).toBe(400);
  expect((await ask(session, 300_000)).status).toBe(404);
  expect(await listIncoming(under.dataDir)).toEqual([]);
});

test("a size that was announced and comes is taken", async () => {
  const session = await start("as-announced", { "x-upload-content-length": "300000" });
  expect((await put(session, Buffer.alloc(300_000), "bytes 0-299999/300000")).status).toBe(200);
});

test("an announced size is a number", async () => {
  const url = `${under.server.url}/upload/storage/v1/b/tracks/o?uploadType=resumable&name=x`;
  const headers = { "x-upload-content-length": "many" };
  expect((await fetch(url, { method: "POST", body: "{}", headers })).status).toBe(400);
});

test("of what is not the last part whole pieces are kept, and the bytes are right in the end", async () => {
  const body = randomBytes(3 * pieceBytes + 77);
  const session = await start("pieces");
  const first = await put(
    session,
    body.subarray(0, pieceBytes + 1_000),
    `bytes 0-${pieceBytes + 999}/${body.length}`,
  );
  expect([first.status, first.headers.get("range")]).toEqual([308, `bytes=0-${pieceBytes - 1}`]);
  const small = await put(
    session,
    body.subarray(pieceBytes, pieceBytes + 10),
    `bytes ${pieceBytes}-${pieceBytes + 9}/${body.length}`,
  );
  expect([small.status, small.headers.get("range")]).toEqual([308, `bytes=0-${pieceBytes - 1}`]);
  const last = await put(
    session,
    body.subarray(pieceBytes),
    `bytes ${pieceBytes}-${body.length - 1}/${body.length}`,
  );
  expect(last.status).toBe(200);
  const [read] = await under.bucket.file("pieces").download({ validation: "crc32c" });
  expect(read.equals(body)).toBe(true);
});

test("what was cut within a piece is asked for again from its start", async () => {
  const body = randomBytes(2_000_000);
  const session = await start("cut-piece");
  const request = httpRequest(session, {
    method: "PUT",
    headers: { "content-length": body.length, "content-range": `bytes 0-${body.length - 1}/${body.length}` },
  });
  request.on("error", () => {});
  // The server writes a MiB at a time.
  request.write(body.subarray(0, 1_200_000));
  await expect
    .poll(() => incomingBytes(under.dataDir), { interval: 5 })
    .toBeGreaterThanOrEqual(4 * pieceBytes);
  request.destroy();
  const asked = await ask(session, body.length);
  expect([asked.status, asked.headers.get("range")]).toEqual([308, `bytes=0-${4 * pieceBytes - 1}`]);
  const range = `bytes ${4 * pieceBytes}-${body.length - 1}/${body.length}`;
  expect((await put(session, body.subarray(4 * pieceBytes), range)).status).toBe(200);
  expect((await under.bucket.file("cut-piece").download())[0].equals(body)).toBe(true);
});

test("a session takes bytes for a week; what it has become is told after that, too", async () => {
  const open = await start("expiring");
  const done = await start("ended");
  await put(open, Buffer.alloc(pieceBytes), "bytes 0-262143/*");
  expect((await put(done, Buffer.from("x"), "bytes 0-0/1")).status).toBe(200);
  now += 7 * 86_400_000 - 1;
  expect((await ask(open, 300_000)).status).toBe(308);
  now += 1;
  for (const method of ["PUT", "DELETE"])
    expect((await fetch(open, { method, headers: { "content-range": "bytes */300000" } })).status).toBe(410);
  expect((await ask(done, 1)).status).toBe(200);
  now += 1;
  await under.server.sweep();
  expect((await ask(open, 300_000)).status).toBe(404);
  expect(await listIncoming(under.dataDir)).toEqual([]);
});

/** With the header fields that `fetch` does not let a program write. */
async function send(method: string, url: string, headers: Record<string, string>, body = "") {
  const request = httpRequest(url, { method, headers: { ...headers, "content-length": body.length } });
  const [response] = (await once(request.end(body), "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  return { status: response.statusCode, headers: response.headers };
}

const page = { origin: "https://console.example" };
const opening = () => `${under.server.url}/upload/storage/v1/b/tracks/o?uploadType=resumable&name=by-page`;

test("the page that a session was opened for may use it, and its browser is told so", async () => {
  const opened = await send("POST", opening(), page, "{}");
  const session = opened.headers.location ?? "";
  const asked = { "access-control-request-method": "PUT", "access-control-request-headers": "content-range" };
  const preflight = await send("OPTIONS", session, { ...page, ...asked, "sec-fetch-site": "cross-site" });
  expect(preflight).toMatchObject({
    status: 200,
    headers: {
      "access-control-allow-origin": page.origin,
      "access-control-allow-methods": expect.stringContaining("PUT"),
      "access-control-allow-headers": "content-range",
    },
  });
  const half = { ...page, "content-range": "bytes */3", "sec-fetch-site": "cross-site" };
  expect(await send("PUT", session, half)).toMatchObject({
    status: 308,
    headers: {
      "access-control-allow-origin": page.origin,
      "access-control-expose-headers": expect.stringContaining("Range"),
      vary: "Origin",
    },
  });
  const whole = await send("PUT", session, { ...half, "content-range": "bytes 0-2/3" }, "abc");
  expect([whole.status, whole.headers["access-control-allow-origin"]]).toEqual([200, page.origin]);
});

test("another page may not, nor one whose session was opened for none, nor may a page open one", async () => {
  const session = (await send("POST", opening(), page, "{}")).headers.location ?? "";
  const range = { "content-range": "bytes 0-2/3" };
  const other = { ...range, origin: "https://other.example" };
  expect(await send("PUT", session, other, "abc")).toMatchObject({ status: 403 });
  const ofNone = await start("of-none");
  const answer = await send("PUT", ofNone, { ...range, ...page }, "abc");
  expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  const byPage = { ...page, "sec-fetch-site": "cross-site" };
  expect((await send("POST", opening(), byPage, "{}")).status).toBe(403);
});
