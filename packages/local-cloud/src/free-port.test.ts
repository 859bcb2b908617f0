import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { findFreePort } from "./free-port.ts";

async function listenOn(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
}

test("the preferred port is taken while nobody listens there, and another one then", async () => {
  const port = await findFreePort();
  expect(await findFreePort(port)).toBe(port);
  await listenOn(port);
  const other = await findFreePort(port);
  expect(other).not.toBe(port);
  await listenOn(other);
});

test("a free port is none that systems give to connections by default", async () => {
  const found = await Promise.all(Array.from({ length: 50 }, () => findFreePort()));
  for (const each of found) {
    expect(each).toBeGreaterThanOrEqual(20_000);
    expect(each).toBeLessThan(32_768);
  }
  expect(new Set(found).size).toBe(50);
});
