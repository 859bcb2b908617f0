import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type HealthServerOptions, METRICS_CONTENT_TYPE, startHealthServer } from "./health-server.ts";
import type { Reason } from "./readiness.ts";

async function start(options: Partial<HealthServerOptions> = {}) {
  const server = await startHealthServer({
    host: "127.0.0.1",
    port: 0,
    reasonsNotReady: () => [],
    collectMetrics: async () => "segue_up 1\n",
    ...options,
  });
  onTestFinished(() => server.close());
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { server, get };
}

test("readiness follows the process and gives the reason in words", async () => {
  const reason = { what: "database", why: "waiting for Postgres at localhost:5432" };
  let reasons: Reason[] = [reason];
  const { get } = await start({ reasonsNotReady: () => reasons });
  const waiting = await get("/readyz");
  expect([waiting.status, await waiting.json()]).toEqual([503, { status: "not-ready", reasons: [reason] }]);
  expect((await get("/healthz")).status).toBe(200);
  reasons = [];
  const ready = await get("/readyz");
  expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", reasons: [] }]);
});

test("a readiness check that throws is not ready", async () => {
  const { get } = await start({
    reasonsNotReady() {
      throw new Error("socket is gone");
    },
  });
  const answer = await get("/readyz");
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain("socket is gone");
});

test("metrics are served as Prometheus text, query strings ignored", async () => {
  const { get } = await start();
  const answer = await get("/metrics?format=text");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe(METRICS_CONTENT_TYPE);
  expect(await answer.text()).toBe("segue_up 1\n");
});

test("metrics that fail answer 500 and the server lives", async () => {
  const { get } = await start({ collectMetrics: () => Promise.reject(new Error("no metrics")) });
  expect((await get("/metrics")).status).toBe(500);
  expect((await get("/healthz")).status).toBe(200);
});

test("other paths and methods are refused", async () => {
  const { get } = await start();
  expect((await get("/")).status).toBe(404);
  expect((await get("/healthz", { method: "POST" })).status).toBe(405);
  expect(await (await get("/healthz", { method: "HEAD" })).text()).toBe("");
});

test("a name that is not its own is refused: a page can't read the metrics by DNS rebinding", async () => {
  const { server } = await start();
  const asked = request({
    port: server.port,
    host: "127.0.0.1",
    path: "/metrics",
    headers: { host: "evil.example" },
  });
  asked.end();
  const [answer] = await once(asked, "response");
  expect(answer.resume().statusCode).toBe(421);
});

test("close does not wait for a client that holds its connection open", async () => {
  const { server } = await start();
  const socket = connect(server.port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write("GET /healthz HTTP/1.1\r\n");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  await server.close();
  await closed;
  await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow();
});

test("a port that is taken is an error, not a silent process", async () => {
  const { server } = await start();
  await expect(start({ port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
