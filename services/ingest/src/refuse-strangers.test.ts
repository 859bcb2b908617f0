import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Problem } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { readIngestConfig } from "./config.ts";
import { type LocalApi, startLocalApi } from "./fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({ SEGUE_API_HOSTS: "segue.test" });
});
afterAll(() => api[Symbol.asyncDispose]());

/** `fetch` sets Host and Origin itself, so the requests are written by hand. */
async function send(method: string, path: string, headers: Record<string, string>, url = api.url) {
  const { port } = new URL(url);
  const sent = request({ host: "127.0.0.1", port, method, path, headers });
  sent.end(method === "POST" ? "RIFF" : undefined);
  const [response] = await once(sent, "response");
  return { status: response.statusCode, body: JSON.parse(await text(response)) };
}

test.each(["/v1/tracks", "/v1/errors", "/healthz", "/readyz", "/openapi.json", "/nothing"])(
  "a page whose name leads here reads nothing of %s",
  async (path) => {
    const { status, body } = await send("GET", path, { host: "evil.example:8080" });
    expect(status).toBe(421);
    expect(Problem.parse(body)).toMatchObject({ code: "unknown-host" });
  },
);

test.each([{ host: "segue.test" }, { host: "localhost:1" }, { host: "[::1]" }])(
  "%j is its own",
  async (headers) => {
    expect((await send("GET", "/healthz", headers)).status).toBe(200);
  },
);

const raw = { "content-type": "text/plain", host: "localhost:8080" };
test.each<Record<string, string>>([
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "http://localhost.evil.example" },
  { "sec-fetch-site": "cross-site" },
])("a page of another site can't post: %j", async (headers) => {
  for (const path of ["/v1/tracks", "/v1/jobs", "/v1/backfills", "/v1/pings"]) {
    const { status, body } = await send("POST", path, { ...raw, ...headers });
    expect(status).toBe(403);
    expect(Problem.parse(body)).toMatchObject({ code: "foreign-origin" });
  }
  expect(await api.objects("records")).toEqual([]);
  expect(await api.objects("masters")).toEqual([]);
});

test("a page of this machine, or of a name that was let in, can", async () => {
  for (const origin of ["http://localhost:8080", "https://segue.test"]) {
    const headers = { ...raw, "content-type": "audio/wav", origin };
    expect((await send("POST", "/v1/tracks", headers)).status).toBe(202);
  }
});

test("two Hosts are one too many", async () => {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
});

test.each([
  ["any name where none is configured", {}, ["ingest.default.svc", "10.4.0.7"], []],
  ["names and addresses", { SEGUE_API_HOSTS: "api.example" }, ["api.example", "10.4.0.7"], ["evil.example"]],
])("beyond loopback it answers to %s", async (_what, env, known, unknown) => {
  const config = readIngestConfig({ DATABASE_URL: "postgres://x/x", SEGUE_API_HOST: "0.0.0.0", ...env });
  const app = await createApp({ ...api.context, config });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  for (const host of known) expect((await send("GET", "/healthz", { host }, url)).status).toBe(200);
  for (const host of unknown) expect((await send("GET", "/healthz", { host }, url)).status).toBe(421);
  const stranger = { ...raw, host: known[0] ?? "", origin: "https://evil.example" };
  expect((await send("POST", "/v1/tracks", stranger, url)).status).toBe(403);
  await app.close();
});
