// Answers that are given while the client is still sending: it reads them, and is not cut off in the middle of a write.
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "./fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const piece = Buffer.alloc(2 ** 20, "x");
const pieces = 16;

/**
 * Sends a request's head and the beginning of its body, and the rest only when the answer is there: a connection that was closed by then
 * is reset by it.
 *
 * @returns the status, and what went wrong for the client.
 */
async function sendSlowly(
  path: string,
  headers: Record<string, string>,
): Promise<[status: string, errors: string[]]> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const errors: string[] = [];
  socket.on("error", (error) => errors.push(error.message));
  const lines = Object.entries({
    host: "localhost",
    "content-length": String(pieces * piece.length),
    ...headers,
  });
  socket.write(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  );
  socket.write(piece);
  const [answer] = await once(socket, "data");
  for (let sent = 1; sent < pieces && errors.length === 0; sent++)
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  socket.destroy();
  return [String(answer).slice(9, 12), errors];
}

test.each(
  [
    ["too much JSON", "/v1/pings", { "content-type": "application/json" }, "413"],
    ["a type that nobody reads", "/v1/pings", { "content-type": "image/x-odd" }, "415"],
    [
      "a coding that nobody takes off",
      "/v1/tracks",
      { "content-type": "audio/wav", "content-encoding": "zstd" },
      "415",
    ],
    ["a parameter that nobody knows", "/v1/tracks?odd=1", { "content-type": "audio/wav" }, "400"],
    ["a target that nobody makes", "/v1/tracks?targets=odd", { "content-type": "audio/wav" }, "400"],
    [
      "a file that is larger than any may be",
      "/v1/tracks",
      { "content-type": "audio/wav", "content-length": String(2 ** 40) },
      "413",
    ],
    ["a path that leads nowhere", "/v2/tracks", { "content-type": "audio/wav" }, "404"],
    [
      "a page of somebody else's",
      "/v1/tracks",
      { "content-type": "audio/wav", "sec-fetch-site": "cross-site" },
      "403",
    ],
    ["a form with a stray file", "/v1/tracks", { "content-type": "multipart/form-data" }, "400"],
  ].flatMap(([what, path, headers, status]) =>
    ["close", "keep-alive"].map((connection) => [what, connection, path, headers, status] as const),
  ) as [string, string, string, Record<string, string>, string][],
)(
  "%s is answered to a client that is still sending (Connection: %s)",
  async (_, connection, path, headers, status) => {
    expect(await sendSlowly(path, { ...headers, connection })).toEqual([status, []]);
  },
);
