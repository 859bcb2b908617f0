// What other clients than Google's for Node send, byte for byte as they send it.
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServerUnderTest, send, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

const read = async (name: string) => (await under.bucket.file(name).download())[0];

const call = (method: string, path: string, init?: RequestInit) => send(under, method, path, init);

describe("multipart uploads", () => {
  const media = [Buffer.from("x\r\n--y--\r\n"), Buffer.from("\n"), Buffer.alloc(0), randomBytes(100_000)];

  test.each([
    ["CRLF, no quotes", "\r\n", "===123==", "===123=="],
    ["CRLF, double quotes", "\r\n", "===123==", '"===123=="'],
    [
      "line feeds, single quotes, as gcloud sends them",
      "\n",
      "===============7330845974216740156==",
      "'===============7330845974216740156=='",
    ],
    ["an apostrophe that belongs to the boundary", "\r\n", "'a'", "'a'"],
  ])("%s", async (_, eol, boundary, written) => {
    for (const [index, bytes] of media.entries()) {
      const name = `form-${index}`;
      const body = Buffer.concat([
        Buffer.from(
          `--${boundary}${eol}Content-Type: application/json${eol}MIME-Version: 1.0${eol}${eol}{"name":"${name}"}`,
        ),
        Buffer.from(
          `${eol}--${boundary}${eol}Content-Type: audio/wav${eol}Content-Transfer-Encoding: binary${eol}${eol}`,
        ),
        bytes,
        Buffer.from(`${eol}--${boundary}--`),
      ]);
      const headers = { "content-type": `multipart/related; boundary=${written}` };
      const { status, text } = await call("POST", "/upload/storage/v1/b/tracks/o?uploadType=multipart", {
        body,
        headers,
      });
      expect([status, text]).toEqual([200, expect.stringContaining('"contentType":"audio/wav"')]);
      expect((await read(name)).equals(bytes)).toBe(true);
    }
  });

  test("another boundary than the header's is refused", async () => {
    const body = '--other\r\n\r\n{"name":"x"}\r\n--other\r\n\r\nx\r\n--other--';
    const headers = { "content-type": "multipart/related; boundary=mine" };
    expect(
      (await call("POST", "/upload/storage/v1/b/tracks/o?uploadType=multipart", { body, headers })).status,
    ).toBe(400);
  });
});

test("an object of any size has an MD5, one that was joined has none", async () => {
  const body = randomBytes(9_000_000);
  const path = "/upload/storage/v1/b/tracks/o?uploadType=media&name=large";
  const { json } = await call("POST", path, { body: new Uint8Array(body) });
  expect(json().md5Hash).toBe(createHash("md5").update(body).digest("base64"));
  await under.bucket.combine(
    [under.bucket.file("large"), under.bucket.file("large")],
    under.bucket.file("joined"),
  );
  expect((await under.bucket.file("joined").getMetadata())[0].md5Hash).toBeUndefined();
});

test("a client that asks for no 308 gets a 200 that stands for it", async () => {
  const started = await call("POST", "/upload/storage/v1/b/tracks/o?uploadType=resumable&name=go", {
    body: "{}",
  });
  const session = new URL(started.headers.get("location") ?? "");
  const put = (range: string, size: number) =>
    call("PUT", session.pathname + session.search, {
      body: new Uint8Array(size),
      headers: { "content-range": range, "x-guploader-no-308": "yes" },
    });
  const half = await put("bytes 0-262143/*", 262_144);
  expect([half.status, half.headers.get("x-http-status-code-override"), half.headers.get("range")]).toEqual([
    200,
    "308",
    "bytes=0-262143",
  ]);
  const whole = await put("bytes 262144-262144/262145", 1);
  expect([whole.status, whole.headers.get("x-http-status-code-override")]).toEqual([200, null]);
  expect(whole.json().size).toBe("262145");
});

test("an update takes what it does not name away; a patch does not", async () => {
  const file = under.bucket.file("updated");
  await file.save("x", {
    resumable: false,
    metadata: { contentType: "audio/wav", cacheControl: "no-store", metadata: { a: "1", b: "2" } },
  });
  const [whole] = await file.getMetadata();
  const path = "/storage/v1/b/tracks/o/updated";
  // A client hands back the resource that it was given, with what it has changed.
  const put = await call("PUT", path, { body: JSON.stringify({ ...whole, metadata: { a: "3" } }) });
  expect(put.json()).toMatchObject({
    contentType: "audio/wav",
    cacheControl: "no-store",
    metadata: { a: "3" },
    metageneration: "2",
  });
  expect(put.json().metadata).toEqual({ a: "3" });
  const bare = await call("PUT", path, { body: "{}" });
  expect(bare.json()).toMatchObject({ storageClass: "STANDARD", size: "1" });
  expect(bare.json()).not.toHaveProperty("contentType");
  expect((await call("PUT", path, { body: JSON.stringify({ storageClass: "COLDLINE" }) })).status).toBe(400);
  await under.bucket.setMetadata({ labels: { a: "1" }, cors: [{ origin: ["*"] }] });
  const bucket = await call("PUT", "/storage/v1/b/tracks", { body: JSON.stringify({ labels: { b: "2" } }) });
  expect(bucket.json()).toMatchObject({ name: "tracks", labels: { b: "2" } });
  expect(bucket.json()).not.toHaveProperty("cors");
});

test("a custom time is a time, and never goes back", async () => {
  await under.bucket.file("timed").save("x", { resumable: false });
  const patch = (customTime: unknown) =>
    call("PATCH", "/storage/v1/b/tracks/o/timed", { body: JSON.stringify({ customTime }) });
  expect((await patch("yesterday")).status).toBe(400);
  expect((await patch("2026-01-02T00:00:00Z")).status).toBe(200);
  expect((await patch("2026-01-01T00:00:00Z")).status).toBe(400);
  expect((await patch(null)).status).toBe(400);
  expect((await patch("2026-01-03T00:00:00.5+01:00")).status).toBe(200);
});

test("fields chooses what of an answer comes", async () => {
  await under.bucket.file("chosen").save("x", { resumable: false });
  const list = await call("GET", "/storage/v1/b/tracks/o?prefix=chosen&fields=items(name,size)");
  expect(list.json()).toEqual({ items: [{ name: "chosen", size: "1" }] });
  const one = await call("GET", "/storage/v1/b/tracks/o/chosen?fields=bucket,name");
  expect(one.json()).toEqual({ bucket: "tracks", name: "chosen" });
  expect((await call("GET", "/storage/v1/b/tracks/o/chosen?fields=a(")).status).toBe(400);
});

test("a move is one step: the new name is there, the old one gone, and neither when a condition fails", async () => {
  const file = under.bucket.file("old name");
  await file.save("bytes", { resumable: false, metadata: { metadata: { a: "1" } } });
  const move = (query: string) =>
    call("POST", `/storage/v1/b/tracks/o/old%20name/moveTo/o/new%2Fname${query}`);
  expect((await move("?ifSourceGenerationMatch=1")).status).toBe(412);
  expect(await file.exists()).toEqual([true]);
  expect((await move("")).json()).toMatchObject({ name: "new/name", metadata: { a: "1" }, size: "5" });
  expect(await file.exists()).toEqual([false]);
  expect((await read("new/name")).toString()).toBe("bytes");
});

test("entity tags and dates are conditions", async () => {
  const file = under.bucket.file("tagged");
  await file.save("bytes", { resumable: false });
  const etag = (await file.getMetadata())[0].etag ?? "";
  const get = async (path: string, headers: Record<string, string>) =>
    (await call("GET", path, { headers })).status;
  for (const path of ["/storage/v1/b/tracks/o/tagged", "/tracks/tagged"]) {
    expect(await get(path, { "if-none-match": `"${etag}"` })).toBe(304);
    expect(await get(path, { "if-none-match": '"other"' })).toBe(200);
    expect(await get(path, { "if-match": `"${etag}"` })).toBe(200);
    expect(await get(path, { "if-match": '"other"' })).toBe(412);
  }
  const soon = new Date(Date.now() + 60_000).toUTCString();
  const before = new Date(Date.now() - 60_000).toUTCString();
  expect(await get("/tracks/tagged", { "if-modified-since": soon })).toBe(304);
  expect(await get("/tracks/tagged", { "if-modified-since": before })).toBe(200);
  expect(await get("/tracks/tagged", { "if-unmodified-since": before })).toBe(412);
});

test("x-goog-content-length-range limits what is stored", async () => {
  const put = (size: number) =>
    call("PUT", "/tracks/ranged", {
      body: "x".repeat(size),
      headers: { "x-goog-content-length-range": "2,4" },
    });
  const [few, many] = [await put(1), await put(5)];
  expect([few.status, few.text]).toEqual([400, expect.stringContaining("EntityTooSmall")]);
  expect([many.status, many.text]).toEqual([400, expect.stringContaining("EntityTooLarge")]);
  expect(await under.bucket.file("ranged").exists()).toEqual([false]);
  expect((await put(3)).status).toBe(200);
});
