import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
const body = randomBytes(1_500_000);
beforeAll(async () => {
  under = await startServerUnderTest();
  await under.bucket.file("song").save(body, { resumable: false, contentType: "audio/wav" });
});
afterAll(() => under[Symbol.asyncDispose]());

const media = (headers: Record<string, string>, form = "/storage") =>
  fetch(`${under.server.url}${form}/v1/b/tracks/o/song?alt=media`, { headers });

test.each([
  ["bytes=0-0", 0, 1],
  ["bytes=10-19", 10, 20],
  ["bytes=1499999-", 1_499_999, 1_500_000],
  ["bytes=-5", 1_499_995, 1_500_000],
  ["bytes=-9999999", 0, 1_500_000],
  ["bytes=600000-99999999", 600_000, 1_500_000],
])("%s reads bytes %i to %i", async (range, start, end) => {
  for (const form of ["/storage", "/download/storage"]) {
    const response = await media({ range }, form);
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/1500000`);
    expect(Buffer.from(await response.arrayBuffer()).equals(body.subarray(start, end))).toBe(true);
  }
});

test("a range after the end is 416, a malformed one reads everything", async () => {
  expect((await media({ range: "bytes=1500000-" })).status).toBe(416);
  expect((await media({ range: "bytes=-0" })).status).toBe(416);
  for (const range of ["bytes=9-3", "chars=1-2", "bytes=0-1,5-6"]) {
    const response = await media({ range });
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 1_500_000]);
  }
});

test("the client reads a range, and the whole, verified", async () => {
  const file = under.bucket.file("song");
  expect((await file.download({ start: 100, end: 199 }))[0].equals(body.subarray(100, 200))).toBe(true);
  expect((await file.download({ validation: "crc32c" }))[0].equals(body)).toBe(true);
});

test("the head of an answer states type, generation and digests", async () => {
  const [metadata] = await under.bucket.file("song").getMetadata();
  const response = await media({});
  await response.arrayBuffer();
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "audio/wav",
    "content-length": "1500000",
    "x-goog-generation": metadata.generation,
    "x-goog-metageneration": "1",
    "x-goog-hash": `crc32c=${metadata.crc32c},md5=${metadata.md5Hash}`,
    "x-goog-stored-content-encoding": "identity",
  });
});

test("a missing object is 404, in words for media and as Google's JSON for metadata", async () => {
  const file = under.bucket.file("absent");
  await expect(file.getMetadata()).rejects.toMatchObject({ code: 404, errors: [{ reason: "notFound" }] });
  await expect(file.download()).rejects.toMatchObject({
    code: 404,
    message: "No such object: tracks/absent",
  });
  await expect(file.delete()).rejects.toMatchObject({ code: 404 });
});

test("a reader keeps what it started to read while the object is replaced and deleted", async () => {
  const file = under.bucket.file("moving");
  await file.save(body, { resumable: false });
  const response = await fetch(`${under.server.url}/storage/v1/b/tracks/o/moving?alt=media`);
  await file.save("new", { resumable: false });
  await file.delete();
  expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
});

test("metadata is patched key by key, and each patch raises the metageneration", async () => {
  const file = under.bucket.file("patched");
  await file.save("x", { resumable: false, metadata: { metadata: { a: "1", b: "2" } } });
  await file.setMetadata({ contentType: "text/x", cacheControl: "no-store", metadata: { a: null, c: "3" } });
  const [metadata] = await file.getMetadata();
  expect(metadata).toMatchObject({
    contentType: "text/x",
    cacheControl: "no-store",
    metageneration: "2",
    size: "1",
  });
  expect(metadata.metadata).toEqual({ b: "2", c: "3" });
});

test("keys and values of metadata are 8 KiB together at most, whichever way they come", async () => {
  const whole = { key: "ü".repeat(4_094), k: "" };
  const file = under.bucket.file("described");
  await file.save("x", { resumable: false, metadata: { metadata: whole } });
  expect((await file.getMetadata())[0].metadata).toEqual(whole);
  const refused = { code: 400, message: expect.stringContaining("8192 bytes") };
  await expect(file.setMetadata({ metadata: { more: "" } })).rejects.toMatchObject(refused);
  const more = { metadata: { metadata: { ...whole, more: "" } } };
  for (const resumable of [false, true])
    await expect(under.bucket.file("more").save("x", { resumable, ...more })).rejects.toMatchObject(refused);
  const headers = { "x-goog-meta-key": "x".repeat(8_190) };
  const url = `${under.server.url}/tracks/more`;
  expect((await fetch(url, { method: "PUT", body: "x", headers })).status).toBe(400);
  expect(await under.bucket.file("more").exists()).toEqual([false]);
});

test.each([
  ["contentDisposition", 'attachment; filename="日本 ü.wav"'],
  ["cacheControl", "max-age=日"],
  ["contentLanguage", "日"],
  ["contentType", "audio/日本"],
  ["contentDisposition", "attachment\r\nset-cookie: a=b"],
])("an object whose %s is %j is read all the same, through both APIs", async (field, value) => {
  const file = under.bucket.file("odd");
  await file.save("bytes", { resumable: false });
  await file.setMetadata({ [field]: value, metadata: { title: "🎵 日本\r\n", "": "x", "a b": "y" } });
  for (const path of ["/storage/v1/b/tracks/o/odd?alt=media", "/tracks/odd"]) {
    const response = await fetch(`${under.server.url}${path}`);
    expect([response.status, await response.text()]).toEqual([200, "bytes"]);
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(decodeURIComponent(response.headers.get("x-goog-meta-title") ?? "")).toBe("🎵 日本\r\n");
    const name = field.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
    const sent = Buffer.from(response.headers.get(name) ?? "", "latin1").toString();
    expect(sent).toBe(value.replace("\r\n", ""));
  }
});
