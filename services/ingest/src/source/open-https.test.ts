import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProblemError } from "../problem-error.ts";
import { openHttps } from "./open-https.ts";
import { isPublicAddress } from "./public-address.ts";

let server: Server;
let base: string;
let ca: string;

const answers: Record<string, RequestListener> = {
  "/song.mp3": (_request, response) => response.end("abc"),
  "/gone": (_request, response) => response.writeHead(404).end(),
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
  ["/gone", "source-missing", "got 404"],
  ["/busy", "source-unavailable", "got 503"],
  ["/loop", "source-unavailable", "at most 5 redirects"],
  ["/downgrade", "source-forbidden", "got http://"],
  ["/silent", "source-unavailable", "no answer within 200 ms"],
  ["/dripping", "source-unavailable", "no whole answer within 600 ms"],
])("%s is refused as %s", async (path, problem, message) => {
  const error = await open(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ problem, message: expect.stringContaining(message) });
});

test("a name that leads to a private address is refused before anything is sent", async () => {
  let connections = 0;
  server.on("connection", () => connections++);
  await expect(open("/song.mp3", false)).rejects.toMatchObject({ problem: "source-forbidden" });
  expect(connections).toBe(0);
});

test("a certificate that nobody vouches for is refused", async () => {
  const options = { allowPrivate: true, idleMs: 200, signal: AbortSignal.timeout(5_000) };
  await expect(openHttps(`${base}/song.mp3`, options)).rejects.toMatchObject({
    problem: "source-unavailable",
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
