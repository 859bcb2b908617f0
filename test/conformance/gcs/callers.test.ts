import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest({ hostNames: ["storage.internal"] });
  await under.bucket.file("secret").save("the master", { resumable: false });
});
afterAll(() => under[Symbol.asyncDispose]());

/** `fetch` sets these headers itself; a browser under attack sends them as they are here. */
async function send(path: string, headers: Record<string, string>, method = "GET") {
  const request = httpRequest({ host: "127.0.0.1", port: under.server.port, path, method, headers }).end();
  const response: IncomingMessage = (await once(request, "response"))[0];
  return { status: response.statusCode, body: await text(response) };
}

const paths = ["/storage/v1/b/tracks/o/secret?alt=media", "/storage/v1/b", "/tracks/secret", "/", "/healthz"];

test.each(paths)("%s is not read by a page whose name was rebound to this machine", async (path) => {
  const rebound = await send(path, { host: `evil.example:${under.server.port}` });
  expect([rebound.status, rebound.body]).toEqual([403, expect.stringContaining("Host")]);
  expect(rebound.body).not.toContain("the master");
});

test.each([{ origin: "http://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }])(
  "a page of a stranger neither reads, writes nor deletes (%j)",
  async (headers) => {
    for (const [method, path] of [
      ["GET", "/storage/v1/b/tracks/o/secret?alt=media"],
      ["POST", "/upload/storage/v1/b/tracks/o?uploadType=media&name=planted"],
      ["PUT", "/tracks/planted"],
      ["DELETE", "/storage/v1/b/tracks/o/secret"],
      ["OPTIONS", "/storage/v1/b/tracks/o/secret"],
    ] as const)
      expect((await send(path, headers, method)).status).toBe(403);
    expect(await under.bucket.file("secret").exists()).toEqual([true]);
    expect(await under.bucket.file("planted").exists()).toEqual([false]);
  },
);

test("programs, this machine's own pages, and the names that the server was given come through", async () => {
  for (const headers of [
    {},
    { host: `localhost:${under.server.port}` },
    { host: "storage.internal" },
    { origin: "http://localhost:8080", "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
  ])
    expect(await send("/storage/v1/b/tracks/o/secret?alt=media", headers)).toEqual({
      status: 200,
      body: "the master",
    });
});
