import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import Fastify from "fastify";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { answerInTurn } from "./answer-in-turn.ts";

const app = Fastify();
answerInTurn(app);
const large = "x".repeat(1_000_000);
let started: string[] = [];
let underWay = 0;
let mostUnderWay = 0;
app.get("/:name", async ({ params }) => {
  started.push((params as { name: string }).name);
  mostUnderWay = Math.max(mostUnderWay, ++underWay);
  await new Promise(setImmediate);
  underWay -= 1;
  return started.at(-1) === "large" ? large : started.at(-1);
});

let port: number;
beforeAll(async () => {
  await app.listen({ host: "127.0.0.1", port: 0 });
  ({ port } = app.server.address() as AddressInfo);
});
afterAll(() => app.close());
beforeEach(() => {
  started = [];
  mostUnderWay = 0;
});

const get = (name: string, ...headers: string[]) =>
  `${[`GET /${name} HTTP/1.1`, "host: localhost", ...headers].join("\r\n")}\r\n\r\n`;

test("requests that are sent ahead are answered in their order, one at a time", async () => {
  const socket = connect(port, "127.0.0.1");
  socket.write([get("a"), get("b"), get("c"), get("d", "connection: close")].join(""));
  expect((await text(socket)).match(/\b[a-d]$|\b[a-d](?=HTTP)/g)).toEqual(["a", "b", "c", "d"]);
  expect(started).toEqual(["a", "b", "c", "d"]);
  expect(mostUnderWay).toBe(1);
});

test("a client that reads no answer has one made at a time", async () => {
  const socket = connect(port, "127.0.0.1");
  socket.pause();
  socket.write(get("large").repeat(60));
  await expect.poll(() => started.length).toBeGreaterThan(0);
  // Another client's request goes through everything meanwhile.
  for (let i = 0; i < 20; i++) await (await fetch(`http://127.0.0.1:${port}/other`)).text();
  // What the system's own buffers between the two take is on its way.
  expect(started.filter((name) => name === "large").length).toBeLessThan(20);
  socket.destroy();
});

test("a connection that is far ahead of its answers is closed, and what waits on it is not done", async () => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.resume();
  socket.write(get("ahead").repeat(2_000));
  await closed;
  expect(started.length).toBeLessThan(200);
  expect(await (await fetch(`http://127.0.0.1:${port}/next`)).text()).toBe("next");
});
