import { createHash, randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { planFetched } from "@segue/chain";
import {
  broughtForKey,
  createId,
  showSource,
  sourceObjectName,
  trackObjectName,
  unfetchedObjectName,
} from "@segue/contracts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { chain, type LocalFetch, startLocalFetch } from "./fixtures/local-fetch.ts";

const file = randomBytes(5_000);
const master = createHash("sha256").update(file).digest("hex");
/** What `/moody` answers. */
let mood: RequestListener = (_request, response) => response.writeHead(503).end();
/** Until then nothing of `/gated` is answered. */
const gate = Promise.withResolvers<void>();
/** Ends what `/slow` has begun. */
const slow: (() => void)[] = [];

const answers: Record<string, RequestListener> = {
  "/song": (_request, response) => response.end(file),
  "/moody": (request, response) => mood(request, response),
  "/gated": (_request, response) => void gate.promise.then(() => response.end(file)),
  "/slow": (_request, response) => {
    response.writeHead(200, { "content-length": file.length });
    response.write(file.subarray(0, 1_000));
    slow.push(() => response.end(file.subarray(1_000)));
  },
};

let local: LocalFetch;
beforeAll(async () => {
  local = await startLocalFetch(answers, { SEGUE_FETCH_TRIES: "2", SEGUE_DRAIN_MS: "2100" });
});
afterAll(() => local[Symbol.asyncDispose]());

/** It catches what hangs, and says nothing of how fast a machine is. */
const timeout = 90_000;

test("what was fetched begins the chain for its request, and is told to the catalog", async () => {
  const worker = await local.startWorker();
  const request = await local.submit(`${local.web}/song`, { priority: "live" });
  await expect.poll(() => local.begunFor(request).length, { timeout }).toBe(1);
  const [fact] = local.begunFor(request);
  expect(fact?.record).toMatchObject({ address: master, kind: "master", step: null });
  expect(fact?.request).toEqual(planFetched(chain, request, master));
  expect(fact?.request).toMatchObject({ wants: ["decode", "encode"], force: [] });
  await expect.poll(() => local.outcomesOf(request).length, { timeout }).toBe(1);
  expect(local.outcomesOf(request)).toMatchObject([
    { v: 1, step: "fetch", kind: "master", address: master, master, how: "computed" },
  ]);
  const kept = { bucket: local.names.bucket("masters"), name: master };
  expect(await local.store.readObject(kept)).toEqual(file);
  expect((await local.store.statObject(kept))?.metadata[broughtForKey]).toBe(request.trackId);
  await worker.drain();
});

test("a fetch that is delivered again, or lost and sent again, asks nobody twice and tells the same", async () => {
  const worker = await local.startWorker();
  const source = `${local.web}/song?again`;
  const request = await local.submit(source);
  await expect.poll(() => local.begunFor(request).length, { timeout }).toBe(1);
  const timesAsked = () => local.asked.filter((url) => url === "/song?again").length;
  const before = timesAsked();
  await local.submit(source, request);
  await expect.poll(() => local.begunFor(request).length, { timeout }).toBe(2);
  expect(timesAsked()).toBe(before);
  const [first, second] = local.begunFor(request);
  expect(second).toEqual(first);
  await expect.poll(() => local.outcomesOf(request).length, { timeout }).toBe(2);
  expect(local.outcomesOf(request)[1]).toEqual(local.outcomesOf(request)[0]);
  await worker.drain();
});

test("another request of the same track finds its master there", async () => {
  const worker = await local.startWorker();
  const source = `${local.web}/song?replayed`;
  const request = await local.submit(source);
  await expect.poll(() => local.begunFor(request).length, { timeout }).toBe(1);
  // Who asks at the very moment in which the first one ends is told to ask again.
  const shown = showSource(source);
  await expect.poll(() => local.fetches.readSource(request.trackId, shown), { timeout }).toBeUndefined();
  const replay = { ...request, requestId: createId(new Date()), force: ["encode"] };
  await local.submit(source, replay);
  await expect.poll(() => local.begunFor(replay).length, { timeout }).toBe(1);
  expect(local.begunFor(replay)[0]?.request).toMatchObject({ master, force: ["encode"] });
  await expect.poll(() => local.outcomesOf(replay).length, { timeout }).toBe(1);
  expect(local.outcomesOf(replay)).toMatchObject([{ how: "skipped", master }]);
  expect(local.asked.filter((url) => url === "/song?replayed")).toHaveLength(1);
  await worker.drain();
});

test("a request that waits for its host's turn while another fetches its track gets that one's master, and never asks without the secret", async () => {
  const worker = await local.startWorker({ SEGUE_FETCHES_PER_HOST: "1" });
  const path = "/gated?X-Goog-Signature=2";
  const timesAsked = () => local.asked.filter((url) => url.startsWith("/gated"));
  const request = await local.submit(`${local.web}${path}`);
  await expect.poll(timesAsked, { timeout }).toEqual([path]);
  const waiting = { ...request, requestId: createId(new Date()), cause: "replay" as const };
  const reads = vi.spyOn(local.store, "readJson");
  await local.submit(`${local.web}${path}`, waiting);
  // It has looked for an end, and found none.
  const itsEnd = expect.objectContaining({ name: unfetchedObjectName(waiting) });
  await vi.waitFor(() => expect(reads).toHaveBeenCalledWith(itsEnd), { timeout });
  reads.mockRestore();
  gate.resolve();
  await expect.poll(() => local.outcomesOf(waiting).length, { timeout }).toBe(1);
  expect(local.outcomesOf(waiting)).toMatchObject([{ master, outcome: { status: "succeeded" } }]);
  expect(local.begunFor(waiting)).toHaveLength(1);
  expect(new Set(timesAsked())).toEqual(new Set([path]));
  await worker.drain();
});

test("a source of which the secret is forgotten is not asked without it: who has fetched it says how it ended", async () => {
  const source = `${local.web}/song?X-Goog-Signature=3`;
  const request = await local.submit(source);
  const track = { bucket: local.names.bucket("records"), name: trackObjectName(request.trackId) };
  await local.store.writeObject({ ...track, body: Buffer.from("{}"), createOnly: true });
  await local.fetches.forgetSource(request.trackId);
  const reads = vi.spyOn(local.store, "readJson");
  const worker = await local.startWorker();
  const its = expect.objectContaining({ name: sourceObjectName(request.trackId) });
  await vi.waitFor(() => expect(reads).toHaveBeenCalledWith(its), { timeout });
  reads.mockRestore();
  const other = await local.submit(`${local.web}/song?other`);
  await expect.poll(() => local.outcomesOf(other).length, { timeout }).toBe(1);
  const [told] = local.outcomesOf(other);
  if (!told) throw new Error("expected an outcome");
  await local.fetches.createEnd({ ...told, trackId: request.trackId }, request);
  await expect.poll(() => local.outcomesOf(request).length, { timeout }).toBe(1);
  expect(local.outcomesOf(request)).toMatchObject([{ master, outcome: { status: "succeeded" } }]);
  expect(local.asked.filter((url) => url.startsWith("/song?X-") || url === "/song?...")).toEqual([]);
  await worker.drain();
});

test("a source whose secret went with its track, which was deleted, ends for good", async () => {
  const request = await local.submit(`${local.web}/song?X-Goog-Signature=4`);
  await local.fetches.forgetSource(request.trackId);
  const worker = await local.startWorker();
  await expect.poll(() => local.outcomesOf(request).length, { timeout }).toBe(1);
  const error = { code: "source-not-found" };
  expect(local.outcomesOf(request)).toMatchObject([{ master: null, outcome: { status: "failed", error } }]);
  await worker.drain();
});

test("a fetch that fails after another request's has brought the master gets that one", async () => {
  const { fetches } = local;
  const worker = await local.startWorker();
  const request = await local.submit(`${local.web}/song?first`);
  await expect.poll(() => local.outcomesOf(request).length, { timeout }).toBe(1);
  const [told] = local.outcomesOf(request);
  if (!told) throw new Error("expected an outcome");
  const error = { code: "source-not-found", message: "403" } as const;
  const failed = { ...told, master: null, outcome: { status: "failed", error } } as unknown as typeof told;
  const late = { ...request, requestId: createId(new Date()) };
  expect(await fetches.createEnd(failed, late)).toMatchObject({ master, outcome: { status: "succeeded" } });
  expect(await fetches.readEnd(late)).toMatchObject({ master });
  await worker.drain();
});

test("two workers at one track agree on its master, whatever their source has answered", async () => {
  let calls = 0;
  mood = (_request, response) => response.end(`bytes ${++calls}`);
  const workers = [await local.startWorker(), await local.startWorker()];
  const source = `${local.web}/moody`;
  const request = await local.submit(source);
  await local.submit(source, request);
  await expect.poll(() => local.begunFor(request).length, { timeout }).toBe(2);
  expect(new Set(local.begunFor(request).map(({ record }) => record.address)).size).toBe(1);
  await Promise.all(workers.map((worker) => worker.drain()));
});

test("a source that is away is asked again after a pause, and is well then", async () => {
  mood = (_request, response) => response.writeHead(429, { "retry-after": "800" }).end();
  const worker = await local.startWorker();
  const request = await local.submit(`${local.web}/moody`);
  await expect.poll(() => local.holdOf(request.trackId), { timeout }).toMatchObject({ times: 1 });
  const until = Date.parse((await local.holdOf(request.trackId))?.until ?? "");
  expect(until - Date.now()).toBeGreaterThan(700_000);
  expect(local.outcomesOf(request)).toEqual([]);
  mood = (_request, response) => response.end(file);
  await local.endHold(request.trackId);
  await expect.poll(() => local.begunFor(request).length, { timeout }).toBe(1);
  await worker.drain();
});

test("a source that stays away is given up, in words; a replay of its track asks again", async () => {
  mood = (_request, response) => response.writeHead(503).end();
  const worker = await local.startWorker({ SEGUE_FETCH_TRIES: "1" });
  const source = `${local.web}/moody?X-Goog-Signature=1`;
  const request = await local.submit(source);
  await expect.poll(() => local.outcomesOf(request).length, { timeout }).toBe(1);
  expect(local.outcomesOf(request)).toMatchObject([
    {
      master: null,
      outcome: { error: { code: "retries-exhausted", underlying: { code: "source-away" } } },
    },
  ]);
  mood = (_request, response) => response.end(file);
  await local.endHold(request.trackId);
  const replay = { ...request, requestId: createId(new Date()), cause: "replay" as const };
  await local.submit(source, replay);
  await expect.poll(() => local.begunFor(replay).length, { timeout }).toBe(1);
  expect(local.asked.at(-1)).toBe("/moody?X-Goog-Signature=1");
  await worker.drain();
});

test("what is being fetched when a worker drains goes back, and to another one", async () => {
  const worker = await local.startWorker();
  const request = await local.submit(`${local.web}/slow`);
  await expect.poll(() => slow.length, { timeout }).toBe(1);
  await worker.drain();
  const other = await local.startWorker();
  await expect.poll(() => slow.length, { timeout }).toBe(2);
  slow[1]?.();
  await expect.poll(() => local.begunFor(request).length, { timeout }).toBe(1);
  expect(await local.holdOf(request.trackId)).toBeUndefined();
  await other.drain();
});

test("a message that is no fetch is dead-lettered, and the worker lives", async () => {
  const worker = await local.startWorker();
  const topic = local.pubsub.topic(local.names.topic("tasks.fetch"));
  await topic.publishMessage({ data: Buffer.from('{"v":1,"type":"Fetch","source":3}') });
  await expect.poll(() => local.letters.length, { timeout }).toBe(1);
  expect(local.letters[0]).toMatchObject({ error: { code: "malformed-message" } });
  const request = await local.submit(`${local.web}/song`);
  await expect.poll(() => local.begunFor(request).length, { timeout }).toBe(1);
  await worker.drain();
});
