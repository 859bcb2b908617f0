import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "./fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const written = async () => [
  await api.objects("masters"),
  await api.objects("scratch"),
  await api.objects("records"),
];
const statuses = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
/** Sends bytes as they are, and says with which statuses they were answered. */
async function exchange(...bytes: (string | Buffer)[]): Promise<number[]> {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.on("error", () => {});
  for (const part of bytes) socket.write(part);
  return statuses(await text(socket));
}
const head =
  "POST /v1/tracks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: audio/wav\r\n";

test.each([
  ["a space before a colon", "content-length : 3\r\n\r\nabc"],
  ["a length with a sign", "content-length: +3\r\n\r\nabc"],
  ["a length in hexadecimal", "content-length: 0x3\r\n\r\nabc"],
  ["a length that no number holds", "content-length: 99999999999999999999999\r\n\r\nabc"],
  ["a negative length", "content-length: -1\r\n\r\nabc"],
  ["an unknown transfer coding", "transfer-encoding: xchunked\r\n\r\nabc"],
  ["a transfer coding below chunked", "transfer-encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
  ["chunked twice", "transfer-encoding: chunked, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
  ["chunked, and not last", "transfer-encoding: chunked, gzip\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
  ["a folded header", "x: a\r\n transfer-encoding: chunked\r\n\r\nabc"],
  ["a bare line feed in a header", "x: a\ncontent-length: 3\n\nabc"],
  ["a NUL in a header", "x: a\0b\r\ncontent-length: 3\r\n\r\nabc"],
  ["a chunk's size that overflows", "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n"],
])("%s: refused, and nothing is kept", async (_what, rest) => {
  const before = await written();
  const [status] = await exchange(head + rest);
  expect(status).toBe(400);
  expect(await written()).toEqual(before);
});

test("what follows a body of its length is no part of it", async () => {
  const keptAlive = head.replace("connection: close\r\n", "");
  const smuggled = "GET /v1/errors HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
  expect(await exchange(`${keptAlive}content-length: 3\r\n\r\nabc${smuggled}`)).toEqual([202, 421]);
});

test("an encoded upload that is cut leaves nothing, and the API lives", async () => {
  const before = await written();
  const refused = api.refusals.length;
  const bytes = gzipSync(Buffer.alloc(300_000, "abc")).subarray(0, 200);
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.write(`${head}content-encoding: gzip\r\ncontent-length: 1000000\r\nexpect: 100-continue\r\n\r\n`);
  await once(socket, "data");
  socket.write(bytes);
  socket.destroy();
  await expect.poll(() => api.refusals.slice(refused)).toEqual(["upload-cut"]);
  expect(await written()).toEqual(before);
});

type Part = { readonly head: string; readonly body: string };
const file: Part = { head: 'name="file"; filename="a.wav"', body: "RIFF" };
const field = (name: string, body: string): Part => ({ head: `name="${name}"`, body });
const post = (parts: readonly Part[]) =>
  fetch(`${api.url}/v1/tracks`, {
    method: "POST",
    headers: { "content-type": "multipart/form-data; boundary=b" },
    body: `${parts.map(({ head, body }) => `--b\r\ncontent-disposition: form-data; ${head}\r\n\r\n${body}\r\n`).join("")}--b--\r\n`,
  });

test.each<[string, Part[]]>([
  ["no part at all", []],
  ["a form in which no file was chosen", [{ head: 'name="file"; filename=""', body: "" }]],
  ["a file without a name of its own", [{ head: 'name="file"', body: "RIFF" }]],
  ["a part without a name", [{ head: 'filename="a.wav"', body: "RIFF" }]],
  ["three files", [file, file, file]],
  ["two files in fields of their own", [file, { head: 'name="second"; filename="b.wav"', body: "RIFF" }]],
  ["two titles", [field("title", "a"), field("title", "b"), file]],
  ["a title after the file that contradicts the first", [field("title", "a"), file, field("title", "b")]],
  ["an unknown field", [file, field("artist", "x")]],
  ["__proto__", [field("__proto__", "x"), file]],
  ["constructor", [field("constructor", "x"), file]],
  ["hasOwnProperty", [file, field("hasOwnProperty", "x")]],
  ["a field's name of 100 KB", [field("x".repeat(100_000), "x"), file]],
  ["a title with U+0000", [field("title", "a\0b"), file]],
  ["a title of 2,000 characters", [file, field("title", "x".repeat(2_000))]],
])("a form with %s is refused, and nothing is kept", async (_what, parts) => {
  const before = await written();
  expect((await post(parts)).status).toBe(400);
  expect(await written()).toEqual(before);
});

test("a file's name leads nowhere", async () => {
  for (const name of ["../../etc/passwd", "..\\\\..\\\\passwd", "/etc/passwd"]) {
    const response = await post([{ head: `name="file"; filename="${name}"`, body: "RIFF" }]);
    const { url } = Object(await response.json());
    expect(await (await fetch(url)).json()).toMatchObject({ fileName: "passwd" });
  }
});

test.each(["__proto__=x", "constructor=x", "toString=x", "title[a]=x", "title%00=x", "a.b=x", "=x"])(
  "the parameter %s is refused",
  async (query) => {
    const headers = { "content-type": "audio/wav" };
    const sent = await fetch(`${api.url}/v1/tracks?${query}`, { method: "POST", body: "RIFF", headers });
    expect(sent.status).toBe(400);
    expect((await fetch(`${api.url}/v1/errors?${query}`)).status).toBe(400);
  },
);

test.each([
  '{"__proto__":{"source":"gs://library/a"}}',
  '{"source":"gs://library/a","__proto__":{"title":"x"}}',
  '{"constructor":{"prototype":{"title":"x"}},"source":"gs://library/a"}',
  '{"source":{"toString":"x"}}',
  '{"source":["gs://library/a"]}',
  '"gs://library/a"',
  "null",
  "",
])("the body %s is refused", async (body) => {
  for (const path of ["/v1/tracks", "/v1/jobs"]) {
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${api.url}${path}`, { method: "POST", body, headers })).status).toBe(400);
  }
  expect(Object.prototype).not.toHaveProperty("title");
});
