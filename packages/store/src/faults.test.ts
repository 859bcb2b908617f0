import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { afterEach, expect, test } from "vitest";
import { computeCrc32c, createObjectStore, ObjectCorruptError, StoreUnavailableError } from "./index.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A storage that misbehaves as `listener` says. */
async function startFaulty(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

const open = (apiEndpoint: string, requestTimeoutMs: number) =>
  createObjectStore({ projectId: "p", apiEndpoint, requestTimeoutMs });
const ref = { bucket: "b", name: "o" };
const bytes = Buffer.from("some bytes");
const resource = {
  size: String(bytes.length),
  crc32c: computeCrc32c(bytes),
  generation: "7",
  metageneration: "1",
  updated: "2026-01-01T00:00:00Z",
};

const operations = {
  readObject: (url: string, ms: number) => open(url, ms).readObject(ref),
  statObject: (url: string, ms: number) => open(url, ms).statObject(ref),
  writeObject: (url: string, ms: number) =>
    open(url, ms).writeObject({ ...ref, body: bytes, createOnly: true }),
};

test.each(Object.entries(operations))(
  "%s goes on when storage answers 503 twice and then works",
  async (_name, run) => {
    let asked = 0;
    const url = await startFaulty((request, response) => {
      request.resume().on("end", () => {
        if (++asked < 3) response.writeHead(503).end("busy");
        else if (request.url?.includes("alt=media")) response.end(bytes);
        else response.setHeader("content-type", "application/json").end(JSON.stringify(resource));
      });
    });
    await run(url, 5_000);
    expect(asked).toBe(3);
  },
);

test.each(Object.entries(operations))(
  "%s gives up in time when storage never answers",
  async (_name, run) => {
    const url = await startFaulty((request) => request.resume());
    const startedMs = performance.now();
    await expect(run(url, 300)).rejects.toBeInstanceOf(StoreUnavailableError);
    // Google's client would wait ten minutes.
    expect(performance.now() - startedMs).toBeLessThan(60_000);
  },
);

test.each(Object.entries(operations))("%s says unavailable when nobody listens", async (_name, run) => {
  await expect(run("http://127.0.0.1:1", 300)).rejects.toMatchObject({
    code: "storage-unavailable",
    retryable: true,
    cause: { code: "ECONNREFUSED" },
  });
});

test("a download that stops halfway fails in time", async () => {
  const url = await startFaulty((_request, response) => {
    response.writeHead(200, { "content-length": 100 }).write("half");
  });
  await expect(open(url, 300).readObject(ref)).rejects.toBeInstanceOf(StoreUnavailableError);
});

test("a download that is cut is read again", async () => {
  let asked = 0;
  const url = await startFaulty((_request, response) => {
    response.writeHead(200, { "content-length": bytes.length });
    if (++asked === 1) response.write("some", () => response.destroy());
    else response.end(bytes);
  });
  expect((await open(url, 5_000).readObject(ref)).equals(bytes)).toBe(true);
});

test("bytes that do not match the stated checksum never reach the caller", async () => {
  const url = await startFaulty((_request, response) => {
    response.writeHead(200, { "content-length": bytes.length, "x-goog-hash": "crc32c=AAAAAA==" }).end(bytes);
  });
  await expect(open(url, 300).readObject(ref)).rejects.toBeInstanceOf(ObjectCorruptError);
});

test("a refusal that comes before the body has been read is reported, not a broken pipe", async () => {
  const url = await startFaulty((_request, response) => {
    response.writeHead(403, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
  });
  const body = Buffer.alloc(20_000_000);
  await expect(open(url, 5_000).writeObject({ ...ref, body, createOnly: true })).rejects.toMatchObject({
    code: "storage-refused",
    message: expect.stringMatching(/HTTP 403: no$/),
  });
});

test.each([
  ["writeObject", (url: string) => open(url, 5_000).writeObject({ ...ref, body: bytes, createOnly: true })],
  [
    "copyObject",
    (url: string) => open(url, 5_000).copyObject({ ...ref, name: "from" }, ref, { createOnly: true }),
  ],
])("%s creates what was there, and was deleted before it was looked at", async (_name, create) => {
  let written = 0;
  const url = await startFaulty((request, response) => {
    request.resume().on("end", () => {
      response.setHeader("content-type", "application/json");
      if (request.method === "POST" && ++written > 1) {
        response.end(JSON.stringify({ ...resource, done: true, resource }));
      } else if (request.method === "POST")
        response.writeHead(412).end('{"error":{"code":412,"message":"there"}}');
      else if (written === 1) response.writeHead(404).end('{"error":{"code":404,"message":"gone"}}');
      else response.end(JSON.stringify(resource));
    });
  });
  expect(await create(url)).toMatchObject({ created: true, generation: "7" });
  expect(written).toBe(2);
});
