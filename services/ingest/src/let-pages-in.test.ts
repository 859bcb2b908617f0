import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readIngestConfig } from "./config.ts";
import { type LocalApi, startLocalApi } from "./fixtures/local-api.ts";

const page = "https://console.example";
const stranger = "https://evil.example";

let api: LocalApi;
let silent: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({
    SEGUE_API_ORIGINS: `${page}, http://localhost:5173`,
    SEGUE_API_KEYS: "required",
  });
  silent = await startLocalApi();
});
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await silent?.[Symbol.asyncDispose]();
});

/** `fetch` sets Origin itself, so the requests are written by hand. */
async function send(method: string, path: string, headers: Record<string, string>, { url }: LocalApi = api) {
  const { port } = new URL(url);
  const sent = request({ host: "127.0.0.1", port, method, path, headers });
  sent.end(method === "POST" ? "RIFF" : undefined);
  const [response] = await once(sent, "response");
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const allowed = ({ headers }: Awaited<ReturnType<typeof send>>) => headers["access-control-allow-origin"];
const ask = (origin: string, to = api) =>
  send(
    "OPTIONS",
    "/v1/tracks",
    {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,idempotency-key",
    },
    to,
  );

test("a browser that asks first is told what a page of ours may send, without a key", async () => {
  const response = await ask(page);
  expect(response.status).toBe(204);
  expect(response.headers).toMatchObject({
    "access-control-allow-origin": page,
    "access-control-allow-headers": "authorization,idempotency-key",
    "access-control-max-age": "600",
  });
  expect(response.headers["access-control-allow-methods"]).toContain("POST");
  expect(response.headers["access-control-allow-credentials"]).toBeUndefined();
  expect(allowed(await ask("http://localhost:5173"))).toBe("http://localhost:5173");
});

test.each([
  stranger,
  "null",
  "https://console.example.evil.example",
  "http://console.example",
  `${page}:8443`,
])("%s is told nothing", async (origin) => {
  expect(allowed(await ask(origin))).toBeUndefined();
  const read = await send("GET", "/v1/errors", { origin });
  expect(allowed(read)).toBeUndefined();
  // What a cache keeps of it is not for a page that is let in.
  expect(read.headers.vary).toMatch(/origin/);
  const sent = await send("POST", "/v1/tracks", { origin });
  expect(JSON.parse(sent.body)).toMatchObject({ status: 403, code: "foreign-origin" });
});

test("a page that is let in reads answers, errors among them, and needs a key like anybody", async () => {
  const headers = { origin: page, "sec-fetch-site": "cross-site" };
  for (const [url, status] of [
    ["/v1/errors", 200],
    ["/v1/tracks", 401],
    ["/nothing", 404],
  ] as const) {
    const response = await send("GET", url, headers);
    expect(response.status).toBe(status);
    expect(allowed(response)).toBe(page);
    expect(response.headers["access-control-expose-headers"]).toContain("retry-after");
  }
  const sent = await send("POST", "/v1/tracks", headers);
  expect(JSON.parse(sent.body)).toMatchObject({ code: "key-required" });
});

test("where nobody was named nothing is said, and what a resource takes is told as ever", async () => {
  expect(allowed(await ask(page, silent))).toBeUndefined();
  expect((await send("GET", "/v1/errors", {}, silent)).headers.vary ?? "").not.toMatch(/origin/);
  const plain = await send("OPTIONS", "/v1/tracks", {});
  expect(plain.headers.allow).toBe("GET, HEAD, OPTIONS, POST");
});

test.each([
  "console.example",
  "https://console.example/",
  "https://console.example/app",
  "*",
  "ftp://a.example",
])("%j is no origin", (text) => {
  const env = { DATABASE_URL: "postgres://x/x", SEGUE_API_ORIGINS: text };
  expect(() => readIngestConfig(env)).toThrow(/SEGUE_API_ORIGINS.*expected origins/s);
});
