import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import { StepError } from "@segue/contracts";
import { isPublicAddress } from "@segue/intake";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openHttps } from "./open-https.ts";

let server: Server;
let base: string;
let ca: string;

const answers: Record<string, RequestListener> = {
  "/song.mp3": (_request, response) => response.end("abc"),
  "/gone": (_request, response) => response.writeHead(404).end(),
  "/withdrawn": (_request, response) => response.writeHead(410).end(),
  "/mine": (_request, response) => response.writeHead(403).end(),
  "/odd": (_request, response) => response.writeHead(400).end(),
  "/often": (_request, response) => response.writeHead(429, { "retry-after": "120" }).end(),
  "/busy": (_request, response) => response.writeHead(503).end(),
  "/hop": (_request, response) => response.writeHead(302, { location: "/song.mp3" }).end(),
  "/loop": (_request, response) => response.writeHead(307, { location: "/loop" }).end(),
  "/downgrade": (_request, response) => response.writeHead(301, { location: "http://example.com/x" }).end(),
  "/inward": (_request, response) => response.writeHead(301, { location: "https://10.0.0.1/x" }).end(),
  "/silent": () => {},
  "/dripping": ({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    const drip = setInterval(() => socket.write("x: y\r\n"), 20);
    socket.once("close", () => clearInterval(drip));
  },
};

beforeAll(async () => {
  const pems = await generate([{ name: "commonName", value: "localhost" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  ca = pems.cert;
  server = createServer({ key: pems.private, cert: pems.cert }, (request, response) =>
    answers[request.url ?? ""]?.(request, response),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  base = `https://localhost:${typeof address === "object" ? address?.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = (path: string, allowPrivate = true) =>
  openHttps(`${base}${path}`, { allowPrivate, idleMs: 200, signal: AbortSignal.timeout(5_000), ca });

test.each(["/song.mp3", "/hop"])("%s is opened, redirects and all", async (path) => {
  let text = "";
  for await (const chunk of await open(path)) text += chunk;
  expect(text).toBe("abc");
});

test.each([
  ["/gone", "source-not-found", true, "got 404"],
  ["/withdrawn", "source-not-found", true, "got 410"],
  ["/mine", "source-not-found", true, "got 403"],
  ["/odd", "source-not-found", true, "got 400"],
  ["/busy", "source-away", false, "got 503"],
  ["/often", "source-away", false, "got 429"],
  ["/loop", "source-not-found", true, "at most 5 redirects"],
  ["/downgrade", "source-refused", true, "got http://"],
  ["/silent", "source-away", false, "no answer within 200 ms"],
  ["/dripping", "source-away", false, "no whole answer within 600 ms"],
])("%s ends as %s, for good: %s", async (path, code, permanent, message) => {
  const error = await open(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StepError);
  expect(error).toMatchObject({ code, permanent, message: expect.stringContaining(message) });
});

test("how long a busy server asks to be left alone is heard", async () => {
  await expect(open("/often")).rejects.toMatchObject({ retryAfterMs: 120_000 });
  await expect(open("/busy")).rejects.toMatchObject({ retryAfterMs: 0 });
});

test("a name that leads to a private address is refused before anything is sent", async () => {
  let connections = 0;
  server.on("connection", () => connections++);
  await expect(open("/song.mp3", false)).rejects.toMatchObject({ code: "source-refused" });
  expect(connections).toBe(0);
});

test("a certificate that nobody vouches for is refused", async () => {
  const options = { allowPrivate: true, idleMs: 200, signal: AbortSignal.timeout(5_000) };
  await expect(openHttps(`${base}/song.mp3`, options)).rejects.toMatchObject({
    code: "source-away",
  });
});

test.each([
  ["8.8.8.8", true],
  ["172.15.0.1", true],
  ["172.32.0.1", true],
  ["2606:4700::1111", true],
  ["10.1.2.3", false],
  ["100.64.0.1", false],
  ["127.0.0.1", false],
  ["169.254.169.254", false],
  ["172.31.255.255", false],
  ["192.168.0.1", false],
  ["0.0.0.0", false],
  ["224.0.0.1", false],
  ["192.31.196.7", false],
  ["192.52.193.7", false],
  ["4000::1", false],
  ["127.1", false],
  ["255.255.255.255", false],
  ["::", false],
  ["::1", false],
  ["::ffff:8.8.8.8", false],
  ["64:ff9b::808:808", false],
  ["2001:db8::1", false],
  ["2002:7f00:1::", false],
  ["fc00::1", false],
  ["fe80::1", false],
  ["ff02::1", false],
  ["example.com", false],
])("%s: on the public internet %s", (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});
