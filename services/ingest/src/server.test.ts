import { once } from "node:events";
import { Agent, get, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { findFreePort } from "@segue/local-cloud/free-port";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { happen } from "./fixtures/feed.ts";
import { chain, startLocalApi } from "./fixtures/local-api.ts";
import { startIngest } from "./server.ts";

test("an API that is to be a lame duck answers for a while after it has said that it goes", async () => {
  await using local = await startLocalApi();
  const port = await findFreePort();
  const { names, store, pubsub } = local;
  const env = {
    DATABASE_URL: local.databaseUrl,
    SEGUE_API_PORT: String(port),
    SEGUE_DRAIN_MS: "60000",
    SEGUE_API_LAME_DUCK_MS: "2000",
  };
  const { log, meter } = createTelemetry({ service: "ingest", level: "silent" });
  const running = await startIngest({ chain, names, store, pubsub, log, meter, env });
  const begunAt = performance.now();
  const drained = running.drain();
  expect(running.notReady()).toBe("draining");
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  await drained;
  // Timers may be a millisecond early.
  expect(performance.now() - begunAt).toBeGreaterThan(1_990);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});

test("a connection outlives that of a load balancer, which closes first", async () => {
  await using local = await startLocalApi();
  const answer = await new Promise<IncomingMessage>((resolve, reject) =>
    get(`${local.url}/healthz`, { agent: new Agent({ keepAlive: true }) }, resolve).on("error", reject),
  );
  answer.resume();
  const heldSec = Number(/timeout=(\d+)/.exec(String(answer.headers["keep-alive"]))?.[1]);
  // Google's keep theirs for 600 s.
  expect(heldSec).toBeGreaterThan(600);
  answer.socket.destroy();
});

test("a drain lets an upload in flight finish, cuts one that can't, and takes no new ones", async () => {
  await using local = await startLocalApi();
  const port = await findFreePort();
  const { names, store, pubsub } = local;
  const env = { DATABASE_URL: local.databaseUrl, SEGUE_API_PORT: String(port), SEGUE_DRAIN_MS: "3000" };
  const { log, meter } = createTelemetry({ service: "ingest", level: "silent" });
  let trouble: string | undefined = "storage: it does not answer";
  const dependencyTrouble = () => trouble;
  const running = await startIngest({ chain, names, store, pubsub, log, meter, env, dependencyTrouble });
  expect(running.notReady()).toBeUndefined();
  const ready = async () => fetch(`http://127.0.0.1:${port}/readyz`);
  expect(await (await ready()).json()).toMatchObject({ status: 503, detail: trouble });
  trouble = undefined;
  expect((await ready()).status).toBe(200);

  const upload = () => {
    const headers = { "content-type": "audio/wav", "content-length": 6 };
    const sent = request(`http://127.0.0.1:${port}/v1/tracks`, { method: "POST", headers });
    sent.write("abc");
    const ended = new Promise<number | string>((resolve) => {
      sent.on("response", (response) => resolve(response.resume().statusCode ?? 0));
      sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    });
    return { sent, ended };
  };
  const finishing = upload();
  const hanging = upload();
  await Promise.all([once(finishing.sent, "socket"), once(hanging.sent, "socket")]);
  // Both uploads have reached the service once it answers a request that came after them.
  await fetch(`http://127.0.0.1:${port}/healthz`);

  const drained = running.drain();
  expect(running.notReady()).toBe("draining");
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  finishing.sent.end("def");
  expect(await finishing.ended).toBe(202);
  expect(await hanging.ended).toBe("ECONNRESET");
  await drained;
  expect(await local.objects("scratch")).toEqual([]);
  expect(await local.objects("masters")).toHaveLength(1);
});

test("while it ends, whoever waits is answered at once, whoever comes then after a moment, and both go elsewhere; a stream that nobody reads holds up nothing", async () => {
  await using local = await startLocalApi();
  const port = await findFreePort();
  const { names, store, pubsub } = local;
  const env = {
    DATABASE_URL: local.databaseUrl,
    SEGUE_API_PORT: String(port),
    SEGUE_DRAIN_MS: "600000",
    SEGUE_API_LAME_DUCK_MS: "15000",
  };
  const { log, meter, collectMetrics } = createTelemetry({ service: "ingest", level: "silent" });
  const running = await startIngest({ chain, names, store, pubsub, log, meter, env });
  const wait = () => fetch(`http://127.0.0.1:${port}/v1/changes?since=now&wait=50`);
  const held = (count: number) =>
    expect
      .poll(collectMetrics, { timeout: 30_000 })
      .toMatch(new RegExp(`^segue_api_held_requests\\{.*\\} ${count}`, "m"));
  const { nextCursor } = (await (await fetch(`http://127.0.0.1:${port}/v1/changes?since=now`)).json()) as {
    nextCursor: string;
  };
  await happen(local.pool, ...Array.from({ length: 40_000 }, (_, n) => ({ track: n })));
  const unread = connect(port, "127.0.0.1").pause();
  unread.on("error", () => {});
  const cut = once(unread, "close");
  unread.write(`GET /v1/changes/events?since=${nextCursor} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await held(1);
  const early = wait();
  await held(2);
  const drained = running.drain();
  const askedAt = performance.now();
  const late = await wait();
  expect([late.status, late.headers.get("connection")]).toEqual([200, "close"]);
  expect(performance.now() - askedAt).toBeGreaterThan(900);
  expect((await early).headers.get("connection")).toBe("close");
  // Well before its ten minutes are over.
  await drained;
  unread.resume();
  await cut;
});
