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
