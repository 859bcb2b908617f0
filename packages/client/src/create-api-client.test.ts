import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ApiClient } from "./api-client.ts";
import { ApiRefusal, mayPass, NoAnswer, UnexpectedAnswer, UploadFailure } from "./api-errors.ts";
import { createApiClient } from "./create-api-client.ts";
import { identifyApi } from "./identify-api.ts";

let server: Server;
let answer: RequestListener;
let url: string;
let api: ApiClient;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-client-"));
  server = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("expected a TCP address");
  url = `http://127.0.0.1:${address.port}`;
  api = createApiClient(url);
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );
const say = (status: number, body: string, headers: Record<string, string> = {}): RequestListener => {
  return (request, response) => {
    request.resume();
    response.writeHead(status, headers).end(body);
  };
};

test("a refusal has the problem's code and remedy, and the time to wait", async () => {
  const problem = {
    type: "/v1/errors#unavailable",
    title: "away",
    status: 503,
    code: "unavailable",
    detail: "the catalog is away",
    remedy: "later",
  };
  answer = say(503, JSON.stringify(problem), { "retry-after": "3" });
  const refusal = await failureOf(api.readTrack("a"));
  expect(refusal).toBeInstanceOf(ApiRefusal);
  expect(refusal).toMatchObject({
    status: 503,
    code: "unavailable",
    message: "the catalog is away",
    retryAfterMs: 3_000,
    problem,
  });
  expect(mayPass(refusal)).toBe(true);
});

test("a refusal without a problem document is named by its status, and its words are passed on", async () => {
  answer = say(418, "<h1>a teapot</h1>");
  const refusal = await failureOf(api.listBackfills());
  expect(refusal).toMatchObject({
    name: "ApiRefusal",
    code: "http-418",
    message: "<h1>a teapot</h1>",
    retryAfterMs: null,
    problem: undefined,
  });
  expect(mayPass(refusal)).toBe(false);
});

test("404 is undefined where a thing may not be there, and a refusal elsewhere", async () => {
  answer = say(404, "{}");
  expect(await api.readTrack("a")).toBeUndefined();
  expect(await api.readJob("../b c")).toBeUndefined();
  expect(await api.downloadAsset("/gone", join(folder, "gone"))).toBe(false);
  expect(await readdir(folder)).toEqual([]);
  expect(await failureOf(api.readPing("a"))).toMatchObject({ status: 404 });
});

test("a job's request_id stays within its part of the path", async () => {
  let asked: string | undefined;
  answer = (request, response) => {
    asked = request.url;
    response.writeHead(404).end();
  };
  await api.readJob("../b c?d");
  expect(asked).toBe("/v1/jobs/..%2Fb%20c%3Fd");
});

test("an answer in no form that the contract knows is a defect, and no other attempt is worth it", async () => {
  answer = say(200, JSON.stringify({ backfills: [{ id: 1 }] }));
  const defect = await failureOf(api.listBackfills());
  expect(defect).toBeInstanceOf(UnexpectedAnswer);
  expect(String(defect)).toContain("backfills.0");
  expect(mayPass(defect)).toBe(false);
  answer = say(200, "no JSON");
  expect(await failureOf(api.readTools())).toBeInstanceOf(UnexpectedAnswer);
  answer = say(204, "");
  expect(await failureOf(api.openAsset("/asset"))).toBeInstanceOf(UnexpectedAnswer);
});

test("a connection that is refused, cut before the answer, or within it, is no answer", async () => {
  answer = (request) => request.socket.destroy();
  const cut = await failureOf(api.readTrack("a"));
  answer = (_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write("{");
    setImmediate(() => response.destroy());
  };
  const torn = await failureOf(api.readTrack("a"));
  const half = await failureOf(api.downloadAsset("/asset", join(folder, "half")));
  const unknown = await failureOf(identifyApi(url));
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  const refused = await failureOf(api.readTrack("a"));
  for (const error of [cut, torn, half, unknown, refused]) {
    expect(error).toBeInstanceOf(NoAnswer);
    expect(error).toMatchObject({ message: expect.stringMatching(/\w/), cause: expect.any(Error) });
    expect(mayPass(error)).toBe(true);
  }
});

test("what can't be written is an error of the file system, and no other attempt is worth it", async () => {
  answer = say(200, "bytes");
  const error = await failureOf(api.downloadAsset("/asset", join(folder, "absent", "file")));
  expect(error).toMatchObject({ code: "ENOENT" });
  expect(mayPass(error)).toBe(false);
});

test("an upload whose bytes can't be read, or are not as many as was said, fails as such", async () => {
  answer = (request, response) => {
    request.resume().on("end", () => response.writeHead(500).end());
  };
  const broken = new Error("the disk is gone");
  const unreadable = Readable.from(
    (async function* () {
      yield Buffer.from("ab");
      throw broken;
    })(),
  );
  const failure = await failureOf(api.postUpload({ body: unreadable }));
  expect(failure).toBeInstanceOf(UploadFailure);
  expect(failure).toMatchObject({ message: "the disk is gone", cause: broken });
  expect(mayPass(failure)).toBe(false);
  const absent = await failureOf(api.postUpload({ body: createReadStream(join(folder, "absent")) }));
  expect(absent).toMatchObject({ name: "UploadFailure", cause: { code: "ENOENT" } });
  const failed = new Readable({ read() {} });
  failed.on("error", () => {}).destroy(broken);
  await once(failed, "close").catch(() => {});
  expect(await failureOf(api.postUpload({ body: failed }))).toMatchObject({ cause: broken });
  for (const sizeBytes of [3, 5]) {
    const body = Readable.from([Buffer.from("abcd")]);
    expect(await failureOf(api.postUpload({ body, sizeBytes }))).toBeInstanceOf(UploadFailure);
    expect(body.destroyed).toBe(true);
  }
});

test("bytes and streams arrive whole, with what is said of them, and with their key", async () => {
  const seen: unknown[] = [];
  answer = async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { "content-length": length, "idempotency-key": key } = request.headers;
    seen.push({ url: request.url, body, length, key });
    const receipt = { id: "01900000-0000-7000-8000-000000000001", url: "/", state: "accepted" };
    response.writeHead(202).end(JSON.stringify(receipt));
  };
  await api.postUpload({ body: Buffer.from("abc"), fileName: "a&b.wav", targets: ["tempo", "aac"] });
  const stream = () => Readable.from([Buffer.from("ab"), Buffer.from("cd")]);
  await api.postUpload({ body: stream(), sizeBytes: 4 }, { idempotencyKey: "k" });
  await api.postUpload({ body: stream(), title: "T" });
  expect(seen).toEqual([
    { url: "/v1/tracks?filename=a%26b.wav&targets=tempo%2Caac", body: "abc", length: "3", key: undefined },
    { url: "/v1/tracks", body: "abcd", length: "4", key: "k" },
    { url: "/v1/tracks?title=T", body: "abcd", length: undefined, key: undefined },
  ]);
});

test("an abort is thrown as its reason, and takes the upload's stream along", async () => {
  answer = () => {};
  const stop = new AbortController();
  const reason = new Error("enough");
  const body = new Readable({ read() {} });
  const calls = [
    api.readTrack("a", { signal: stop.signal }),
    api.postUpload({ body }, { signal: stop.signal }),
  ];
  setImmediate(() => stop.abort(reason));
  for (const error of await Promise.all(calls.map(failureOf))) expect(error).toBe(reason);
  expect(body.destroyed).toBe(true);
});

test("an asset is told with its type and size, and comes as it is", async () => {
  answer = say(200, "bytes", { "content-type": "audio/mp4", "content-length": "5" });
  const asset = await api.openAsset("/asset");
  expect(asset).toMatchObject({ contentType: "audio/mp4", sizeBytes: 5 });
  expect(Buffer.concat((await asset?.body.toArray()) ?? []).toString()).toBe("bytes");
  expect(await api.downloadMaster("a", join(folder, "master"))).toBe(true);
  expect(await readFile(join(folder, "master"), "utf8")).toBe("bytes");
});
