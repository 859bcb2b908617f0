// What comes between a client and storage, over real connections: a storage of the test's own that breaks off, is busy, or forgets.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TrackReceipt, UploadResource } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ApiRefusal, NoAnswer, UploadFailure } from "./api-errors.ts";
import type { Clock } from "./clock.ts";
import { openConnection } from "./connection.ts";
import type { UploadClient } from "./upload-client.ts";
import { type UploadResumableOptions, uploadResumable } from "./upload-resumable.ts";
import { uploadsOf } from "./uploads-of.ts";

const unit = 10;
const file = Buffer.from("0123456789abcdefghijklmnopqrstuvwxyz-");
const parts = {
  sizeBytes: file.length,
  read: async (start: number, end: number) => file.subarray(start, end),
};

/** What has come to storage so far. */
let kept = Buffer.alloc(0);
/** What happens to the next requests, one after the other; afterwards all goes well. */
let troubles: ((request: IncomingMessage, response: ServerResponse, body: Buffer) => void)[] = [];
let ranges: string[] = [];

function answer(request: IncomingMessage, response: ServerResponse, body: Buffer) {
  const range = request.headers["content-range"] ?? "";
  const start = Number(/^bytes (\d+)-/.exec(range)?.[1] ?? kept.length);
  if (start <= kept.length) kept = Buffer.concat([kept.subarray(0, start), body]);
  const isWhole = kept.length === file.length;
  const headers = isWhole || kept.length === 0 ? {} : { range: `bytes=0-${kept.length - 1}` };
  response.writeHead(isWhole ? 200 : 308, headers).end(isWhole ? "{}" : "");
}

const server = createServer(async (request, response) => {
  ranges.push(request.headers["content-range"] ?? "");
  const body = Buffer.concat(await request.toArray().catch(() => []));
  (troubles.shift() ?? answer)(request, response, body);
});
let session: string;
const connection = openConnection("http://127.0.0.1:9", { apiKey: "sk_secret" });
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  session = `http://127.0.0.1:${(server.address() as AddressInfo).port}/session`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await connection[Symbol.asyncDispose]();
});
beforeEach(() => {
  kept = Buffer.alloc(0);
  troubles = [];
  ranges = [];
});

const id = "01900000-0000-7000-8000-000000000001";
const upload = (): UploadResource => ({
  ...{ id, url: `https://api.example/v1/uploads/${id}`, trackUrl: `https://api.example/v1/tracks/${id}` },
  ...{ state: "open", sessionUrl: session, chunkBytes: unit, sizeBytes: file.length, problem: null },
  ...{ receivedBytes: kept.length, expiresAt: "2030-01-01T00:00:00.000Z" },
});

/** The API's part by the test, storage's over the wire. */
const api: UploadClient = {
  ...uploadsOf(connection),
  beginUpload: async () => upload(),
  readUpload: async (asked) => (asked === id ? upload() : undefined),
  async completeUpload(): Promise<TrackReceipt> {
    if (kept.length === file.length) return { id, url: upload().trackUrl, state: "accepted" };
    const about = { status: 410, code: "upload-ended", retryAfterMs: null };
    throw new ApiRefusal("the session is over", about);
  },
};

/** Time that passes as it is waited for. */
function fastClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    now: () => now,
    async sleep(ms) {
      waits.push(ms);
      now += ms;
    },
  };
}

const send = (options: UploadResumableOptions = {}) =>
  uploadResumable(api, parts, {}, { clock: fastClock(), chunkBytes: unit, ...options });

test("a file goes in parts of whole units, and progress is told", async () => {
  const seen: number[] = [];
  const receipt = await send({ chunkBytes: 25, onProgress: ({ receivedBytes }) => seen.push(receivedBytes) });
  expect(receipt.id).toBe(id);
  expect(ranges).toEqual(["bytes 0-19/37", "bytes 20-36/37"]);
  expect(seen).toEqual([0, 20, 37]);
  expect(kept.equals(file)).toBe(true);
});

test("storage may keep less of a part than was sent", async () => {
  troubles = [(request, response, body) => answer(request, response, body.subarray(0, 4))];
  await send();
  expect(ranges.slice(0, 2)).toEqual(["bytes 0-9/37", "bytes 4-13/37"]);
  expect(kept.equals(file)).toBe(true);
});

test("after a broken connection it asks where it is, and goes on from there", async () => {
  troubles = [
    answer,
    // What was sent has come, and its answer has not.
    (_request, response, body) => {
      kept = Buffer.concat([kept, body]);
      response.destroy();
    },
    (_request, response) => response.destroy(),
  ];
  const clock = fastClock();
  await send({ clock });
  expect(ranges).toEqual([
    ...["bytes 0-9/37", "bytes 10-19/37", "bytes */37", "bytes */37"],
    ...["bytes 20-29/37", "bytes 30-36/37"],
  ]);
  expect(clock.waits).toEqual([500, 1_000]);
  expect(kept.equals(file)).toBe(true);
});

test("a storage that is busy is asked again, after what it says", async () => {
  troubles = [
    (_request, response) => response.writeHead(503).end(),
    (_request, response) => response.writeHead(429, { "retry-after": "7" }).end(),
  ];
  const clock = fastClock();
  await send({ clock });
  expect(clock.waits).toEqual([500, 7_000]);
});

test("where nothing comes through it is given up for now, and gone on with by its id", async () => {
  troubles = [
    answer,
    ...Array.from({ length: 100 }, () => (_: unknown, response: ServerResponse) => response.destroy()),
  ];
  await expect(send({ patienceMs: 60_000 })).rejects.toThrow(NoAnswer);
  troubles = [];
  ranges = [];
  await send({ uploadId: id });
  expect(ranges[0]).toBe("bytes 10-19/37");
  expect(kept.equals(file)).toBe(true);
});

test("a session that is over is told in the API's words", async () => {
  troubles = [answer, (_request, response) => response.writeHead(410).end()];
  await expect(send()).rejects.toMatchObject({ code: "upload-ended" });
});

test("no key goes to storage", async () => {
  const seen: unknown[] = [];
  troubles = [
    (request, response, body) => {
      seen.push(request.headers.authorization);
      answer(request, response, body);
    },
  ];
  await send();
  expect(seen).toEqual([undefined]);
});

test("it is aborted between parts and within one, and what has come stays", async () => {
  const stopping = new AbortController();
  const onProgress = ({ receivedBytes }: { receivedBytes: number }) => {
    if (receivedBytes === 20) stopping.abort(new Error("enough"));
  };
  await expect(send({ signal: stopping.signal, onProgress })).rejects.toThrow("enough");
  expect(kept.length).toBe(20);
  const within = new AbortController();
  troubles = [() => within.abort(new Error("now"))];
  await expect(send({ uploadId: id, signal: within.signal })).rejects.toThrow("now");
});

test.each([
  [
    "that is shorter than it was",
    { ...parts, read: async (start: number) => file.subarray(start, start + 1) },
  ],
  ["that can't be read", { ...parts, read: () => Promise.reject(new Error("EIO")) }],
])("a file %s is told so", async (_what, broken) => {
  await expect(uploadResumable(api, broken, {}, { chunkBytes: unit })).rejects.toThrow(UploadFailure);
});

test("an upload that is not there, or of another file, is not gone on with", async () => {
  await expect(send({ uploadId: id.replace(/1$/, "2") })).rejects.toThrow(/no upload/);
  const longer = { ...parts, sizeBytes: 38 };
  await expect(uploadResumable(api, longer, {}, { uploadId: id })).rejects.toThrow(/37 bytes, not 38/);
});
