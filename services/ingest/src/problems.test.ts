import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { Problem } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "./fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({ SEGUE_UPLOAD_IDLE_MS: "500" });
});
afterAll(() => api[Symbol.asyncDispose]());

/** Sends bytes as they are; the server is to close. @param isLast nothing more will come, and the server is told so. */
async function exchange(
  bytes: string,
  { isLast = false } = {},
): Promise<{ status: number; headers: Headers; body: string }> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  if (isLast) socket.end(bytes);
  else socket.write(bytes);
  const [head = "", body = ""] = (await text(socket)).split("\r\n\r\n", 2);
  const [line = "", ...fields] = head.split("\r\n");
  const headers = new Headers(
    fields.map((field): [string, string] => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(line.split(" ")[1]), headers, body };
}

function expectProblem(answer: { headers: Headers; body: string }, status: number, code: string): Problem {
  const problem = Problem.parse(JSON.parse(answer.body));
  expect(problem).toMatchObject({ status, code });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-request-id")).toBe(problem.requestId);
  return problem;
}

const host = "Host: 127.0.0.1\r\nConnection: close\r\n";
test.each([
  ["no HTTP at all", "hello\r\n\r\n", 400, "invalid-request"],
  ["TLS on a plain port", "\x16\x03\x01\x02\x00\x01", 400, "invalid-request"],
  [
    "header fields of 20 KiB",
    `GET /healthz HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    431,
    "headers-too-large",
  ],
  [
    "a URL of 12,000 characters",
    `GET /v1/tracks?ids=${"x".repeat(12_000)} HTTP/1.1\r\n${host}\r\n`,
    414,
    "url-too-long",
  ],
  ["a parameter of 2,000", `GET /v1/jobs/${"x".repeat(2_000)} HTTP/1.1\r\n${host}\r\n`, 414, "url-too-long"],
  ["a percent sign that escapes nothing", `GET /v1/jobs/%zz HTTP/1.1\r\n${host}\r\n`, 400, "invalid-request"],
  ["half a character", `GET /v1/jobs/%c3 HTTP/1.1\r\n${host}\r\n`, 400, "invalid-request"],
  ["no Host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "invalid-request"],
  ["an expectation", `GET /healthz HTTP/1.1\r\nExpect: tea\r\n${host}\r\n`, 417, "expectation-failed"],
  [
    "two lengths",
    `POST /v1/pings HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${host}\r\n`,
    400,
    "invalid-request",
  ],
  [
    "a length and chunks",
    `POST /v1/pings HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${host}\r\n`,
    400,
    "invalid-request",
  ],
  ["a tunnel", "CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: 127.0.0.1:443\r\n\r\n", 405, "method-not-allowed"],
  ["a method of nobody's", `PURGE /v1/tracks HTTP/1.1\r\n${host}\r\n`, 405, "method-not-allowed"],
  [
    "a chunk that is none",
    `POST /v1/pings HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${host}\r\nzz\r\n`,
    400,
    "invalid-request",
  ],
])("%s is answered as a problem", async (_what, bytes, status, code) => {
  const answer = await exchange(bytes);
  expect(answer.status).toBe(status);
  expectProblem(answer, status, code);
});

test("a whole URL is taken as a path and a host; a star stands for the server", async () => {
  const { host: own } = new URL(api.url);
  const whole = await exchange(`GET http://${own}/healthz?x=1 HTTP/1.1\r\n${host}\r\n`);
  expect(expectProblem(whole, 400, "invalid-request").detail).toContain('unknown: "x"');
  expect((await exchange(`GET HTTP://${own}/healthz HTTP/1.1\r\n${host}\r\n`)).status).toBe(200);
  const foreign = await exchange(`GET http://evil.example/healthz HTTP/1.1\r\n${host}\r\n`);
  expectProblem(foreign, 421, "unknown-host");
  expect((await exchange(`OPTIONS * HTTP/1.1\r\n${host}\r\n`)).status).toBe(204);
});

test("header fields that stop coming are answered as a problem, and end", async () => {
  const answer = await exchange("GET /healthz HTTP/1.1\r\nX-Slow: ");
  expect(answer.status).toBe(408);
  expectProblem(answer, 408, "request-stalled");
});

test("a body that is refused before it has come is waited for no longer", async () => {
  const json = "Content-Type: application/json\r\n";
  const refused = await exchange(
    `POST /v1/pings HTTP/1.1\r\n${json}Content-Length: 70000\r\n${host}\r\n{"targets":["${"x".repeat(30_000)}`,
  );
  expectProblem(refused, 413, "request-too-large");
  // It takes as long to be told of a body that stops coming: the first one's time is over then, and nothing has come of it.
  const stalled = await exchange(`POST /v1/pings HTTP/1.1\r\n${json}Content-Length: 9\r\n${host}\r\n{`);
  expectProblem(stalled, 408, "request-stalled");
  expect((await ask("GET", "/healthz")).status).toBe(200);
});

test.each([
  ["of known length", "Content-Length: 500\r\n", "abc"],
  ["in chunks", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"],
])("a file %s of which no more will come is a cut upload, and may be sent again", async (_, field, body) => {
  const head = `POST /v1/tracks HTTP/1.1\r\nContent-Type: audio/wav\r\n${field}${host}\r\n`;
  const answer = await exchange(`${head}${body}`, { isLast: true });
  expectProblem(answer, 400, "upload-cut");
});

test("a connection that is refused is let go of, though its client holds on to it", async () => {
  const accepted = once(api.app.server, "connection");
  const { hostname, port } = new URL(api.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on("error", () => {});
  const [atServer]: Socket[] = await accepted;
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes;
  });
  socket.write("GET /healthz HTTP/1.1\r\nHost: loc");
  // Read by hand: what reads a stream to its end for us would close the connection.
  await once(socket, "end");
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  await expect.poll(() => atServer?.destroyed, { timeout: 20_000 }).toBe(true);
  socket.destroy();
});

const ask = async (method: string, path: string, init: RequestInit = {}) => {
  const response = await fetch(`${api.url}${path}`, { method, ...init });
  return { status: response.status, headers: response.headers, body: await response.text() };
};

test.each([
  ["DELETE", "/v1/tracks", "GET, HEAD, OPTIONS, POST"],
  ["POST", "/v1/tracks/01900000-0000-7000-8000-000000000001", "DELETE, GET, HEAD, OPTIONS"],
  ["PUT", "/v1/tracks/x/assets/aac", "GET, HEAD, OPTIONS"],
  ["GET", "/v1/tracks/x/replay", "OPTIONS, POST"],
  ["HEAD", "/v1/backfills/x/pause", "OPTIONS, POST"],
  ["PATCH", "/openapi.json", "GET, HEAD, OPTIONS"],
  ["POST", "/", "GET, HEAD, OPTIONS"],
])("%s %s is not allowed, whatever its body; OPTIONS tells what is", async (method, path, allow) => {
  const body = ["GET", "HEAD"].includes(method)
    ? {}
    : { body: "x", headers: { "content-type": "image/x-odd" } };
  const refused = await ask(method, path, body);
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, allow]);
  if (method !== "HEAD") expectProblem(refused, 405, "method-not-allowed");
  const options = await ask("OPTIONS", path);
  expect([options.status, options.headers.get("allow"), options.body]).toEqual([204, allow, ""]);
});

test("a path that looks like a route's is not said to be without the method that it was asked by", async () => {
  const refused = await ask("GET", "/v1/tracks/x/assets/waveform./x");
  expectProblem(refused, 404, "not-found");
});

test.each([
  ["/v2"],
  ["/v1/tracks/"],
  ["//v1/tracks"],
  ["/v1/tracks/x/assets"],
  ["/V1/tracks"],
  ["/v1/errors/..%2ftracks"],
])("%s leads nowhere, whatever the method and the body", async (path) => {
  for (const method of ["GET", "POST", "OPTIONS"]) {
    const body = method === "POST" ? { body: "x", headers: { "content-type": "image/x-odd" } } : {};
    expectProblem(await ask(method, path, body), 404, "not-found");
  }
});

test.each([
  ["JSON that is none", "{", 400, "invalid-request"],
  ["too much JSON", JSON.stringify({ targets: ["x".repeat(70_000)] }), 413, "request-too-large"],
])("%s is a problem", async (_what, body, status, code) => {
  const headers = { "content-type": "application/json" };
  expectProblem(await ask("POST", "/v1/pings", { body, headers }), status, code);
});

test("a request keeps the id that its client gives it, if it is one", async () => {
  const idFor = async (id: string, path = "/v1/errors") =>
    (await ask("GET", path, { headers: { "x-request-id": id } })).headers.get("x-request-id");
  const trace = "4bf92f35:77b3/4da6=a3ce.929d@client";
  expect(await idFor(trace)).toBe(trace);
  expect(await idFor(trace, "/nowhere")).toBe(trace);
  for (const odd of ["two words", "x".repeat(129), "<script>", "é"]) {
    expect(await idFor(odd)).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect(await idFor("")).not.toBe(await idFor(""));
});

test("an idle time beyond Node's own limit of a request is no reason not to start", async () => {
  const patient = await startLocalApi({ SEGUE_UPLOAD_IDLE_MS: "600000" });
  await patient[Symbol.asyncDispose]();
});
