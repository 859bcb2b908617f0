import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";

const bodyBytes = 3_000_000;
let server: Server;
let proxy: FaultProxy;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end(Buffer.alloc(bodyBytes, 7)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  proxy = await startFaultProxy({
    host: "127.0.0.1",
    port: typeof address === "object" && address ? address.port : 0,
  });
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => proxy.set(null));

const get = async () => {
  const response = await fetch(`http://127.0.0.1:${proxy.port}/`, {
    method: "POST",
    body: Buffer.alloc(bodyBytes, 5),
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
};

test("without a fault every byte passes", async () => {
  const { status, bytes } = await get();
  expect(status).toBe(200);
  expect(bytes.equals(Buffer.alloc(bodyBytes, 7))).toBe(true);
});

test("a refused connection fails, and the next one passes again", async () => {
  proxy.set({ kind: "refuse" });
  await expect(get()).rejects.toThrow();
  proxy.set(null);
  expect((await get()).status).toBe(200);
});

test("a cut breaks the transfer in the middle", async () => {
  proxy.set({ kind: "cut", afterBytes: () => 1_000_000 });
  await expect(get()).rejects.toThrow();
  proxy.set({ kind: "cut", afterBytes: () => bodyBytes + 1_000_000 });
  await expect(get()).rejects.toThrow();
});

test("storage that is unavailable says so in HTTP", async () => {
  proxy.set({ kind: "unavailable" });
  const response = await fetch(`http://127.0.0.1:${proxy.port}/`);
  expect(response.status).toBe(503);
});

test("a delay holds every byte back, in order", async () => {
  proxy.set({ kind: "delay", ms: 100 });
  const before = performance.now();
  const { bytes } = await get();
  // There and back; timers may fire a millisecond early.
  expect(performance.now() - before).toBeGreaterThan(198);
  expect(bytes.equals(Buffer.alloc(bodyBytes, 7))).toBe(true);
});

test("while it hangs nothing arrives; afterwards all of it does", async () => {
  proxy.set({ kind: "hang" });
  const socket = connect(proxy.port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  let heard = 0;
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.length;
  });
  const closed = once(socket, "close");
  // A request that passes takes a few milliseconds.
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(heard).toBe(0);
  proxy.set(null);
  await closed;
  expect(heard).toBeGreaterThan(bodyBytes);
});
