// Webhooks behind a proxy: it is asked for the address that was looked at.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postWebhook } from "./post-webhook.ts";

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const received: string[] = [];
const asked: string[] = [];
let mayConnect = true;

const receiver = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  received.push(body);
  response.writeHead(204).end();
});
const proxy = createServer().on("connect", (request: IncomingMessage, client: Socket) => {
  asked.push(String(request.url));
  client.on("error", () => {});
  if (!mayConnect) return client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  const out = connect(portOf(receiver), "127.0.0.1").on("error", () => client.destroy());
  client.write("HTTP/1.1 200 OK\r\n\r\n");
  client.pipe(out).pipe(client);
});
const servers = [receiver, proxy];
beforeAll(async () => {
  for (const server of servers) await once(server.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const post = (allowPrivate: boolean) =>
  postWebhook(`http://localhost:${portOf(receiver)}/hook`, {
    ...{ body: "{}", headers: {}, allowPrivate, timeoutMs: 20_000, signal: AbortSignal.timeout(30_000) },
    proxy: `http://127.0.0.1:${portOf(proxy)}`,
  });

test("a delivery goes through it, to an address and not to a name", async () => {
  expect(await post(true)).toMatchObject({ status: 204 });
  expect(received).toEqual(["{}"]);
  expect(asked).toEqual([expect.stringMatching(/^(127\.0\.0\.1|\[::1\]):\d+$/)]);
});

test("one that is not connected says so, and was not received", async () => {
  mayConnect = false;
  const before = received.length;
  expect(await post(true)).toMatchObject({
    status: null,
    answer: expect.stringContaining("answered 407 to a connection to"),
  });
  expect(received).toHaveLength(before);
});

test("of what leads inside it hears nothing", async () => {
  const before = asked.length;
  expect(await post(false)).toMatchObject({ status: null, answer: expect.stringContaining("https://") });
  expect(asked).toHaveLength(before);
});
