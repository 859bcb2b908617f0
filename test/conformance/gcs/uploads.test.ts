import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { CRC32C } from "@google-cloud/storage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countBlobs, listIncoming, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

/** The CRC32C by the client's own table, which shares no code with the server's. */
function crc32c(bytes: Buffer): string {
  const running = new CRC32C();
  running.update(bytes);
  return running.toString();
}

const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("base64");
const sizes = [0, 1, 65_536, 262_144, 1_000_003];

test.each(sizes)(
  "%i bytes come back as they were in each kind of upload, with right digests",
  async (size) => {
    const body = randomBytes(size);
    const options = [
      { resumable: false },
      { resumable: true },
      // In chunks, Google's client announces an empty object as "bytes 0--1/0", which is no range.
      ...(size === 0 ? [] : [{ resumable: true, chunkSize: 256 * 1024 }]),
      { resumable: false, validation: "md5" as const },
    ];
    for (const [index, option] of options.entries()) {
      const file = under.bucket.file(`kinds/${size}-${index}`);
      await file.save(body, {
        ...option,
        contentType: "audio/flac",
        metadata: { metadata: { key: "välue" } },
      });
      const [metadata] = await file.getMetadata();
      expect(metadata).toMatchObject({
        size: String(size),
        crc32c: crc32c(body),
        md5Hash: md5(body),
        contentType: "audio/flac",
        metadata: { key: "välue" },
        metageneration: "1",
      });
      const [read] = await file.download({ validation: "crc32c" });
      expect(read.equals(body)).toBe(true);
      expect((await file.download({ validation: "md5" }))[0].equals(body)).toBe(true);
    }
  },
);

test("a simple media upload takes its type from the header", async () => {
  const url = `${under.server.url}/upload/storage/v1/b/tracks/o?uploadType=media&name=simple.txt`;
  const response = await fetch(url, {
    method: "POST",
    body: "hello",
    headers: { "content-type": "text/plain" },
  });
  expect(await response.json()).toMatchObject({ name: "simple.txt", size: "5", contentType: "text/plain" });
});

const oddNames = [
  "a/b//c",
  "/leading",
  "trailing/",
  "sp ace",
  "per%cent",
  "plus+plus",
  "q?u=e&r#y",
  "ünïcödé",
  "日本語/曲.wav",
  "💿",
  "quote'\"`",
  "back\\slash",
  "semi;colon,comma",
  "../up",
  "a/../b",
  "...",
  "%2F",
  "tab\there",
  "x".repeat(1024),
  "[]{}|^~<>@!$*()",
];

test.each(oddNames)("an object can be named %j", async (name) => {
  const file = under.bucket.file(name);
  await file.save(name, { resumable: false });
  expect((await file.download())[0].toString()).toBe(name);
  expect((await file.getMetadata())[0].name).toBe(name);
  const [found] = await under.bucket.getFiles({ prefix: name });
  expect(found.map((item) => item.name)).toContain(name);
  const resumed = under.bucket.file(name);
  await resumed.save(`${name} again`, { resumable: true });
  expect((await resumed.download())[0].toString()).toBe(`${name} again`);
  await file.delete();
  expect(await file.exists()).toEqual([false]);
});

test.each(["", ".", "..", "line\nfeed", "x".repeat(1025)])("%j is no name", async (name) => {
  const url = `${under.server.url}/upload/storage/v1/b/tracks/o?uploadType=media&name=${encodeURIComponent(name)}`;
  expect((await fetch(url, { method: "POST", body: "x" })).status).toBe(400);
});

test("bytes that differ from the announced digest are refused and leave nothing", async () => {
  const before = await countBlobs(under.dataDir);
  const wrong = { crc32c: crc32c(Buffer.from("other")) };
  const file = under.bucket.file("refused");
  await expect(
    file.save("these", { resumable: false, metadata: wrong, validation: false }),
  ).rejects.toMatchObject({ code: 400 });
  await expect(file.save("these", { resumable: true, metadata: wrong, validation: false })).rejects.toThrow();
  expect(await file.exists()).toEqual([false]);
  expect(await countBlobs(under.dataDir)).toBe(before);
  expect(await listIncoming(under.dataDir)).toEqual([]);
});

test("gzip content is stored compressed and read decompressed", async () => {
  const file = under.bucket.file("notes.txt");
  const text = "tempo ".repeat(1000);
  await file.save(text, { resumable: false, gzip: true });
  const [metadata] = await file.getMetadata();
  expect(Number(metadata.size)).toBeLessThan(text.length / 10);
  expect((await file.download())[0].toString()).toBe(text);
  const plain = httpRequest(`${under.server.url}/storage/v1/b/tracks/o/notes.txt?alt=media`).end();
  const [response] = await once(plain, "response");
  let read = "";
  for await (const chunk of response) read += chunk;
  expect(read).toBe(text);
});

async function startSession(name: string): Promise<string> {
  const url = `${under.server.url}/upload/storage/v1/b/tracks/o?uploadType=resumable&name=${name}`;
  const response = await fetch(url, { method: "POST", body: "{}" });
  return response.headers.get("location") ?? "";
}

function put(session: string, body: Buffer, range: string): Promise<Response> {
  return fetch(session, { method: "PUT", body: new Uint8Array(body), headers: { "content-range": range } });
}

test("a session says how far it is, goes on from there, and answers again when it is over", async () => {
  const body = randomBytes(700_000);
  const session = await startSession("resumed");
  const first = await put(session, body.subarray(0, 262_144), "bytes 0-262143/*");
  expect([first.status, first.headers.get("range")]).toEqual([308, "bytes=0-262143"]);
  const asked = await put(session, Buffer.alloc(0), "bytes */700000");
  expect([asked.status, asked.headers.get("range")]).toEqual([308, "bytes=0-262143"]);
  // A client that lost the answer sends some of it again.
  const last = await put(session, body.subarray(200_000), "bytes 200000-699999/700000");
  expect(await last.json()).toMatchObject({ size: "700000", crc32c: crc32c(body) });
  expect(await (await put(session, Buffer.alloc(0), "bytes */700000")).json()).toMatchObject({
    size: "700000",
  });
  expect((await put(session, body.subarray(0, 1), "bytes 900000-900000/900001")).status).toBe(200);
});

test("a gap is refused, and a cancelled session is gone with its bytes", async () => {
  const session = await startSession("cancelled");
  expect((await put(session, Buffer.alloc(10), "bytes 5-14/15")).status).toBe(400);
  await put(session, Buffer.alloc(262_144), "bytes 0-262143/*");
  expect((await fetch(session, { method: "DELETE" })).status).toBe(499);
  expect((await put(session, Buffer.alloc(1), "bytes 262144-262144/262145")).status).toBe(404);
  expect(await listIncoming(under.dataDir)).toEqual([]);
});

test.each(["cut", "stalled"])("an upload that is %s leaves no object and no file", async (how) => {
  await using patient = await startServerUnderTest({ stallTimeoutMs: how === "stalled" ? 500 : 60_000 });
  const socket = connect(patient.server.port, "127.0.0.1").on("error", () => {});
  const path = "/upload/storage/v1/b/tracks/o?uploadType=media&name=half";
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n`);
  socket.write(randomBytes(300_000));
  await expect.poll(() => listIncoming(patient.dataDir), { interval: 5 }).toHaveLength(1);
  if (how === "cut") socket.destroy();
  await expect.poll(() => listIncoming(patient.dataDir)).toEqual([]);
  expect(await patient.bucket.file("half").exists()).toEqual([false]);
  expect(await countBlobs(patient.dataDir)).toBe(0);
  socket.destroy();
});

/** Sends a multipart upload, whole, and reads the whole answer. */
async function upload(agent: Agent, query: string, media: Buffer): Promise<number> {
  const url = `${under.server.url}/upload/storage/v1/b/tracks/o?uploadType=multipart&${query}`;
  const headers = { "content-type": "multipart/related; boundary=b" };
  const request = httpRequest(url, { method: "POST", agent, headers });
  request.write("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Type: audio/wav\r\n\r\n");
  request.write(media);
  request.end("\r\n--b--");
  const response: IncomingMessage = (await once(request, "response"))[0];
  response.resume();
  await once(response, "end");
  return response.statusCode ?? 0;
}

test.each([10, 100_000, 3_000_000])(
  "after an early refusal of %i bytes the connection serves the next",
  async (size) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const media = randomBytes(size);
    expect(await upload(agent, `name=early-${size}`, media)).toBe(200);
    for (let round = 0; round < 5; round++) {
      expect(await upload(agent, `name=early-${size}&ifGenerationMatch=0`, media)).toBe(412);
      expect(await upload(agent, "ifGenerationMatch=0", media)).toBe(400);
      expect(await upload(agent, `name=next-${size}`, media)).toBe(200);
    }
    agent.destroy();
  },
);
