import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { createNames } from "@segue/chain";
import { broughtForKey } from "@segue/contracts";
import { startGcsServer } from "@segue/local-cloud";
import { createObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMasters } from "./masters.ts";
import { createSpool, type Spool } from "./spool.ts";

const names = createNames({ projectId: "test", prefix: "test" });
const pace = { maxBytes: 1_000_000, idleMs: 60_000, minBytesPerSec: 0, graceMs: 60_000 };
const { log } = createTelemetry({ service: "test", level: "silent" });
const signal = new AbortController().signal;
let dir: string;
let gcs: Awaited<ReturnType<typeof startGcsServer>>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-masters-"));
  gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: join(dir, "gcs") });
  const { store } = taker(0);
  for (const role of ["masters", "scratch"] as const)
    await store.ensureBucket({ name: names.bucket(role), softDeleteRetentionSec: 0 });
});
afterAll(async () => {
  await gcs.close();
  await rm(dir, { recursive: true, force: true });
});

function taker(roomBytes: number) {
  const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
  const spool = createSpool(roomBytes);
  return { store, spool, masters: createMasters({ store, names, pace, spool, log }) };
}

async function listed(role: "masters" | "scratch"): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of taker(0).store.walkObjects({ bucket: names.bucket(role), prefix: "" }))
    found.push(name);
  return found;
}

function charged(): number {
  return gcs
    .usage()
    .filter(({ name, labels }) => name === "storage_operations" && labels.class === "A")
    .filter(({ labels }) => !String(labels.operation).endsWith(".list"))
    .reduce((sum, { value }) => sum + value, 0);
}

const sha256Of = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
/** In pieces, as they come over a line. */
const streamOf = (bytes: Buffer) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
    })(),
  );

test.each([
  ["small", 10_000, 1],
  ["empty", 0, 1],
  ["as large as one may be", 25_000, 1],
  ["larger", 25_001, 2],
  ["much larger", 900_000, 2],
])("a master that is %s (%d bytes) is whole, and takes %d writes", async (_, sizeBytes, writes) => {
  const { masters, store, spool } = taker(100_000);
  const bytes = randomBytes(sizeBytes);
  const before = charged();
  const received = await masters.receive(streamOf(bytes), { signal });
  expect(received).toMatchObject({ sha256: sha256Of(bytes), sizeBytes });
  const payload = await masters.keep(received);
  expect(payload).toMatchObject({ name: sha256Of(bytes), sizeBytes });
  expect((await store.readObject(payload)).equals(bytes)).toBe(true);
  await expect.poll(() => charged() - before).toBe(writes);
  expect(await listed("scratch")).toEqual([]);
  expectFree(spool, 100_000);
});

test("the same bytes come to the same object, however they came", async () => {
  const bytes = randomBytes(20_000);
  const inMemory = taker(100_000).masters;
  const staged = taker(0).masters;
  const kept = [];
  for (const masters of [staged, inMemory, inMemory, staged])
    kept.push(await masters.keep(await masters.receive(streamOf(bytes), { signal })));
  expect(new Set(kept.map((payload) => JSON.stringify(payload))).size).toBe(1);
});

test.each([
  ["in memory", 100_000],
  ["through a temporary object", 0],
])("a master that is brought for a track %s says so, and for whom it was brought last", async (_, room) => {
  const { masters, store } = taker(room);
  const bytes = randomBytes(20_000);
  const [first, second] = [randomUUID(), randomUUID()];
  const bring = async (options: { readonly trackId?: string }) =>
    (
      await store.statObject(
        await masters.keep(await masters.receive(streamOf(bytes), { signal, ...options })),
      )
    )?.metadata[broughtForKey];
  expect(await bring({ trackId: first })).toBe(first);
  expect(await bring({})).toBe(first);
  expect(await bring({ trackId: second })).toBe(second);
});

test("whoever finds no room is staged, and room that is given back is taken again", async () => {
  const { masters, spool } = taker(100_000);
  const take = () => masters.receive(streamOf(randomBytes(20_000)), { signal });
  const first = await Promise.all([take(), take(), take(), take(), take(), take(), take()]);
  const isStaged = first.map(({ staged }) => staged !== undefined);
  // What is begun in memory by all at once leaves room for fewer than would fit one after another.
  expect(isStaged.filter(Boolean).length).toBeGreaterThanOrEqual(2);
  expect(await listed("scratch")).toHaveLength(isStaged.filter(Boolean).length);
  await Promise.all(first.map(masters.discard));
  await Promise.all(first.map(masters.discard));
  expect(await listed("scratch")).toEqual([]);
  expectFree(spool, 100_000);
  const again = await take();
  expect(again.staged).toBeUndefined();
  await masters.discard(again);
});

test("a large master that is long on its way keeps no room from the others", async () => {
  const { store, spool } = taker(100_000);
  const answers: boolean[] = [];
  const take: Spool["take"] = (...asked) => {
    answers.push(spool.take(...asked));
    return answers.at(-1) ?? false;
  };
  const masters = createMasters({ store, names, pace, spool: { ...spool, take }, log });
  const source = new PassThrough();
  source.write(randomBytes(20_000));
  const taking = masters.receive(source, { signal });
  await expect.poll(() => answers).toEqual([true]);
  source.write(randomBytes(10_000));
  await expect.poll(() => answers).toEqual([true, false]);
  await expect.poll(() => isFree(spool, 100_000)).toBe(true);
  source.end(randomBytes(1_000));
  const received = await taking;
  expect(received.sizeBytes).toBe(31_000);
  await masters.discard(received);
});

test.each([
  ["in memory", 1_000_000],
  ["staged", 0],
])("a sender that breaks off leaves nothing: %s", async (_, roomBytes) => {
  const { masters, spool } = taker(roomBytes);
  const source = new PassThrough();
  source.write(randomBytes(50_000));
  const stopping = new AbortController();
  const taking = masters.receive(source, { signal: stopping.signal });
  const cut = expect(taking).rejects.toMatchObject({ reason: "cut" });
  setImmediate(() => stopping.abort());
  await cut;
  expectFree(spool, roomBytes);
  const before = await listed("masters");
  expect(await listed("scratch")).toEqual([]);
  expect(await listed("masters")).toEqual(before);
});

test.each([1_000_000 * 8, 0])(
  "more than a master may have is refused, with room for %d bytes",
  async (roomBytes) => {
    const { masters, spool } = taker(roomBytes);
    const taking = masters.receive(streamOf(randomBytes(1_100_000)), { signal });
    await expect(taking).rejects.toMatchObject({ reason: "too-large" });
    expectFree(spool, roomBytes);
    expect(await listed("scratch")).toEqual([]);
  },
);

test("what a write fails for gives its room back", async () => {
  const spool = createSpool(100_000);
  const store = createObjectStore({
    projectId: "test",
    apiEndpoint: "http://127.0.0.1:9",
    requestTimeoutMs: 50,
  });
  const masters = createMasters({ store, names, pace, spool, log });
  const received = await masters.receive(streamOf(randomBytes(10_000)), { signal });
  await expect(masters.keep(received)).rejects.toThrow();
  expectFree(spool, 100_000);
  await expect(masters.receive(streamOf(randomBytes(50_000)), { signal })).rejects.toThrow();
  expectFree(spool, 100_000);
});

function expectFree(spool: Spool, roomBytes: number): void {
  expect(isFree(spool, roomBytes)).toBe(true);
}

/** Whether all of the room can be taken, in parts as large as one may have, and no more. */
function isFree(spool: Spool, roomBytes: number): boolean {
  const part = roomBytes / 4;
  const taken = [0, 1, 2, 3].filter(() => spool.take(0, part)).length;
  const isMore = roomBytes > 0 && spool.take(0, 1);
  spool.give(taken * part + (isMore ? 1 : 0));
  return taken === 4 && !isMore;
}
