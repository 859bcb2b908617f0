import { createHash, createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
let aheadMs = 0;
beforeEach(async () => {
  aheadMs = 0;
  under = await startServerUnderTest({ now: () => Date.now() + aheadMs });
  // As a service finds its credentials; the client reads the file when it signs for the first time.
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", under.server.credentialsPath);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await under[Symbol.asyncDispose]();
});

const name = "dir/sp ace+ü'(1)!*.m4a";
const sign = (action: "read" | "write" | "delete", more: Record<string, unknown> = {}) =>
  under.bucket
    .file(name)
    .getSignedUrl({ version: "v4", action, expires: Date.now() + 60_000, ...more })
    .then(([url]) => url);

test("a signed URL reads, with ranges and a download name, until it expires", async () => {
  await under.bucket.file(name).save("0123456789", { resumable: false, contentType: "audio/mp4" });
  const url = await sign("read", { promptSaveAs: "song.m4a" });
  const response = await fetch(url, { headers: { range: "bytes=2-4" } });
  expect([response.status, await response.text()]).toEqual([206, "234"]);
  expect(response.headers.get("content-disposition")).toContain("song.m4a");
  aheadMs = 120_000;
  const late = await fetch(url);
  expect([late.status, await late.text()]).toEqual([400, expect.stringContaining("ExpiredToken")]);
});

test("a signed URL writes what its headers say, and nothing else", async () => {
  const url = await sign("write", { contentType: "audio/mp4" });
  const put = (type: string) =>
    fetch(url, { method: "PUT", body: "bytes", headers: { "content-type": type } });
  expect((await put("text/plain")).status).toBe(403);
  expect((await put("audio/mp4")).status).toBe(200);
  const [metadata] = await under.bucket.file(name).getMetadata();
  expect(metadata).toMatchObject({ size: "5", contentType: "audio/mp4" });
  expect((await fetch(url)).status).toBe(403);
  expect((await fetch(await sign("delete"), { method: "DELETE" })).status).toBe(204);
});

test("a signature does not open another object, a longer time or another account", async () => {
  await under.bucket.file(name).save("x", { resumable: false });
  await under.bucket.file("other").save("x", { resumable: false });
  const url = await sign("read");
  const other = new URL(url);
  other.pathname = "/tracks/other";
  const longer = new URL(url);
  longer.searchParams.set("X-Goog-Expires", "600000");
  const foreign = new URL(url);
  foreign.searchParams.set("X-Goog-Credential", `eve@example.com/${url.split("%2F").slice(1, 5).join("/")}`);
  for (const forged of [other, longer, foreign]) {
    const response = await fetch(forged);
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining("SignatureDoesNotMatch"),
    ]);
  }
  expect((await fetch(url)).status).toBe(200);
});

/** Signs as the documentation of the V4 process says, whatever the client would refuse to sign. */
function signV4(query: Record<string, string>): string {
  const account = JSON.parse(readFileSync(under.server.credentialsPath, "utf8"));
  const date = query["X-Goog-Date"] ?? "";
  const scope = `${query.scopeDay ?? date.slice(0, 8)}/auto/storage/goog4_request`;
  const { scopeDay: _scopeDay, ...rest } = query;
  const params = new URLSearchParams({
    "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
    "X-Goog-Credential": `${account.client_email}/${scope}`,
    "X-Goog-SignedHeaders": "host",
    ...rest,
  });
  params.sort();
  const canonical = ["GET", "/tracks/signed", params, "host:127.0.0.1\n", "host", "UNSIGNED-PAYLOAD"].join(
    "\n",
  );
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = ["GOOG4-RSA-SHA256", date, scope, digest].join("\n");
  const signature = createSign("RSA-SHA256").update(text).sign(account.private_key, "hex");
  return `${under.server.url}/tracks/signed?${params}&X-Goog-Signature=${signature}`;
}

const formatDate = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
const weekSec = 7 * 86_400;

test.each([
  ["now, for a week", 0, weekSec, 200, ""],
  ["six days ago, for a week", -6 * 86_400, weekSec, 200, ""],
  ["eight days ago, for a week", -8 * 86_400, weekSec, 400, "ExpiredToken"],
  ["for a second more than a week", 0, weekSec + 1, 400, "seven days"],
  ["for no time", 0, 0, 400, "seven days"],
  ["in an hour", 3600, 60, 403, "not valid before"],
])("a signature made %s", async (_, fromSec, lifeSec, status, words) => {
  await under.bucket.file("signed").save("x", { resumable: false });
  const url = signV4({
    "X-Goog-Date": formatDate(Date.now() + fromSec * 1000),
    "X-Goog-Expires": String(lifeSec),
  });
  const response = await fetch(url);
  expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(words)]);
});

test("the day of the credential is that of the date", async () => {
  const query = { "X-Goog-Date": formatDate(Date.now()), "X-Goog-Expires": "60", scopeDay: "20200101" };
  expect((await fetch(signV4(query))).status).toBe(400);
});

test("a signature that lacks a part does not pass for none", async () => {
  await under.bucket.file("signed").save("x", { resumable: false });
  const url = new URL(signV4({ "X-Goog-Date": formatDate(Date.now()), "X-Goog-Expires": "60" }));
  url.searchParams.delete("X-Goog-Signature");
  expect((await fetch(url)).status).toBe(403);
  expect((await fetch(`${under.server.url}/tracks/signed?Expires=9999999999`)).status).toBe(403);
  for (const query of [
    "X-Goog-Algorithm=GOOG4-HMAC-SHA256&X-Goog-Signature=0",
    "X-Amz-Signature=0",
    "AWSAccessKeyId=x",
  ]) {
    const response = await fetch(`${under.server.url}/tracks/signed?${query}`);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("not built")]);
  }
});

test("a V2 signature reads, writes what its headers say, and expires", async () => {
  const signV2 = (action: "read" | "write", more = {}) => sign(action, { version: "v2", ...more });
  const put = await signV2("write", { contentType: "audio/mp4", extensionHeaders: { "x-goog-meta-a": "1" } });
  const send = (headers: Record<string, string>) => fetch(put, { method: "PUT", body: "bytes", headers });
  expect((await send({ "content-type": "audio/mp4" })).status).toBe(403);
  expect((await send({ "content-type": "audio/mp4", "x-goog-meta-a": "2" })).status).toBe(403);
  expect((await send({ "content-type": "audio/mp4", "x-goog-meta-a": "1" })).status).toBe(200);
  const url = await signV2("read");
  expect(await (await fetch(url)).text()).toBe("bytes");
  const other = new URL(url);
  other.pathname = "/tracks/other";
  expect((await fetch(other)).status).toBe(403);
  aheadMs = 120_000;
  const late = await fetch(url);
  expect([late.status, await late.text()]).toEqual([400, expect.stringContaining("ExpiredToken")]);
});
