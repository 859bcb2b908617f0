// A proxy on the way out: it is asked for addresses that were looked at, and for nothing else; what is said to the host it does not see.
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import https from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createWayOut } from "@segue/intake";
import { generate } from "selfsigned";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openHttps } from "./open-https.ts";

const wayOut = createWayOut((host) => new Error(`${host} is inside`));
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

let host: https.Server;
let proxy: Server;
let ca: string;
const asked: string[] = [];
const seen: Buffer[] = [];
let answer: "connect" | "refuse" | "silent" | "ordinary" = "connect";

beforeAll(async () => {
  const pems = await generate([{ name: "commonName", value: "localhost" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  ca = pems.cert;
  host = https.createServer({ key: pems.private, cert: pems.cert }, (request, response) =>
    response.end(`${request.method} ${request.headers.host}`),
  );
  proxy = createHttpServer((_request, response) => response.writeHead(400).end());
  proxy.on("connect", (request: IncomingMessage, client: Socket) => {
    asked.push(`${request.url}`);
    client.on("error", () => {});
    if (answer === "silent") return;
    if (answer === "refuse") return client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    if (answer === "ordinary") return client.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    const out = connect(portOf(host), "127.0.0.1");
    out.on("error", () => client.destroy());
    client.on("data", (bytes: Buffer) => seen.push(bytes));
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    client.pipe(out).pipe(client);
  });
  for (const server of [host, proxy]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
});
afterAll(() => {
  for (const server of [host, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  answer = "connect";
  asked.length = 0;
  seen.length = 0;
});

function get(
  text: string,
  options: { allowPrivate?: boolean; ca?: string | undefined; idleMs?: number } = {},
) {
  const url = new URL(text);
  const way = wayOut(url, {
    allowPrivate: options.allowPrivate ?? true,
    proxy: `http://127.0.0.1:${portOf(proxy)}`,
    ca: "ca" in options ? options.ca : ca,
  });
  return new Promise<string>((done, fail) => {
    const signal = AbortSignal.timeout(20_000);
    const sent = https.get(url, { ...way, signal, timeout: options.idleMs ?? 20_000 });
    sent.on("response", async (response) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      done(body);
    });
    sent.on("error", fail);
  });
}
const secure = () => `https://localhost:${portOf(host)}/song.mp3`;

test("it is asked for the address that was looked at, and what is said to the host is the host's alone", async () => {
  expect(await get(secure())).toBe(`GET localhost:${portOf(host)}`);
  expect(asked).toEqual([expect.stringMatching(/^(127\.0\.0\.1|\[::1\]):\d+$/)]);
  // The name is in the greeting of TLS; the request is not to be read.
  expect(Buffer.concat(seen).includes("GET /song.mp3")).toBe(false);
});

test("of a name that leads inside it is asked for nothing", async () => {
  await expect(get(secure(), { allowPrivate: false })).rejects.toThrow("localhost is inside");
  expect(asked).toEqual([]);
});

test("the host has to be who its name says, proxy or not", async () => {
  await expect(get(secure(), { ca: undefined })).rejects.toThrow(/self-signed|certificate/);
  await expect(get(`https://127.0.0.1:${portOf(host)}/`)).rejects.toThrow(/IP|altnames/);
});

test.each([
  ["refuse", "answered 403 to a connection to"],
  ["ordinary", "answered 502 to a connection to"],
] as const)("a proxy that does not connect is named (%s)", async (how, words) => {
  answer = how;
  await expect(get(secure())).rejects.toThrow(words);
});

test("one that says nothing is waited for as long as for anybody", async () => {
  answer = "silent";
  await expect(get(secure(), { idleMs: 200 })).rejects.toThrow("has not answered within 200 ms");
});

test("without one the connection is a request's own, and goes to the host", () => {
  const direct = wayOut(new URL(secure()), { allowPrivate: false, proxy: undefined });
  expect(direct).toMatchObject({ agent: false, lookup: expect.any(Function) });
});

test("sources are fetched through it, redirects and all; one that does not let them is a source that is away", async () => {
  const open = (url: string) =>
    openHttps(url, {
      ...{ allowPrivate: true, idleMs: 5_000, signal: AbortSignal.timeout(20_000), ca },
      proxy: `http://127.0.0.1:${portOf(proxy)}`,
    });
  let body = "";
  for await (const chunk of await open(secure())) body += chunk;
  expect(body).toBe(`GET localhost:${portOf(host)}`);
  expect(asked).toHaveLength(1);
  answer = "refuse";
  await expect(open(secure())).rejects.toMatchObject({
    code: "source-away",
    message: expect.stringContaining("answered 403 to a connection to"),
  });
});
