import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  createObjectStore,
  ObjectCorruptError,
  ObjectNotFoundError,
  type ObjectStore,
  PreconditionFailedError,
  sessionChunkBytes,
} from "@segue/store";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listIncoming, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
let store: ObjectStore;
let folder: string;
beforeAll(async () => {
  under = await startServerUnderTest();
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", under.server.credentialsPath);
  store = createObjectStore({ projectId: "segue-test", apiEndpoint: under.server.url });
  folder = await mkdtemp(join(tmpdir(), "segue-store-"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await under[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => ({ bucket: "tracks", name });

test.each([0, 1, 700_000, 11_000_000])(
  "%i bytes go in as buffer, file and stream, and come out the same",
  async (size) => {
    const bytes = randomBytes(size);
    const path = join(folder, `in-${size}`);
    await writeFile(path, bytes);
    const blocks = Array.from({ length: Math.ceil(size / 100_000) }, (_, i) =>
      bytes.subarray(i * 100_000, (i + 1) * 100_000),
    );
    const bodies = { buffer: bytes, file: { path }, stream: Readable.from(blocks, { objectMode: false }) };
    for (const [kind, body] of Object.entries(bodies)) {
      const ref = at(`kind/${kind} ${size}?#/ü`);
      const written = await store.writeObject({
        ...ref,
        body,
        createOnly: true,
        contentType: "audio/wav",
        metadata: { a: "ü" },
      });
      expect(written).toMatchObject({ created: true, sizeBytes: size });
      expect((await store.readObject(ref)).equals(bytes)).toBe(true);
      const out = join(folder, "out");
      await store.downloadObject(ref, out, { expect: { sizeBytes: size, crc32c: written.crc32c } });
      expect((await readFile(out)).equals(bytes)).toBe(true);
      expect(await store.statObject(ref)).toMatchObject({
        sizeBytes: size,
        crc32c: written.crc32c,
        generation: written.generation,
        contentType: "audio/wav",
        metadata: { a: "ü" },
      });
    }
  },
);

test("of ten create-only writers one creates, and all learn what is there", async () => {
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      store.writeObject({ ...at("once"), body: Buffer.alloc(500_000, i), createOnly: true }),
    ),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(results.map(({ crc32c, generation }) => `${crc32c} ${generation}`)).size).toBe(1);
  const replaced = await store.writeObject({ ...at("once"), body: Buffer.from("new"), createOnly: false });
  expect(replaced.created).toBe(true);
  expect((await store.readObject(at("once"))).toString()).toBe("new");
});

test("what is missing is typed, undefined or false", async () => {
  await expect(store.readObject(at("absent"))).rejects.toBeInstanceOf(ObjectNotFoundError);
  await expect(store.downloadObject(at("absent"), join(folder, "absent"))).rejects.toBeInstanceOf(
    ObjectNotFoundError,
  );
  await expect(store.openObject(at("absent"))).rejects.toMatchObject({
    code: "object-not-found",
    retryable: false,
  });
  await expect(
    store.writeObject({ bucket: "nowhere", name: "x", body: Buffer.from("x"), createOnly: true }),
  ).rejects.toBeInstanceOf(ObjectNotFoundError);
  expect(await store.statObject(at("absent"))).toBeUndefined();
  expect(await store.deleteObject(at("absent"))).toBe(false);
});

test("a download that is not what was expected is corrupt and leaves no file", async () => {
  const impatient = createObjectStore({
    projectId: "p",
    apiEndpoint: under.server.url,
    requestTimeoutMs: 300,
  });
  await store.writeObject({ ...at("seven"), body: Buffer.from("sevenths"), createOnly: false });
  const empty = await mkdtemp(join(folder, "empty-"));
  for (const expected of [{ sizeBytes: 9 }, { crc32c: "AAAAAA==" }]) {
    await expect(
      impatient.downloadObject(at("seven"), join(empty, "x"), { expect: expected }),
    ).rejects.toBeInstanceOf(ObjectCorruptError);
  }
  expect(await readdir(empty)).toEqual([]);
  await expect(store.downloadObject(at("seven"), join(folder, "no", "folder"))).rejects.toMatchObject({
    code: "ENOENT",
  });
});

test("a source stream that breaks leaves no object", async () => {
  const broken = Readable.from(
    (async function* () {
      yield Buffer.alloc(200_000);
      throw new Error("the client went away");
    })(),
    { objectMode: false },
  );
  await expect(store.writeObject({ ...at("broken"), body: broken, createOnly: true })).rejects.toThrow(
    "the client went away",
  );
  expect(await store.statObject(at("broken"))).toBeUndefined();
  await expect.poll(() => listIncoming(under.dataDir)).toEqual([]);
});

test("ranges, JSON, copies, deletion", async () => {
  await store.writeObject({ ...at("j"), body: Buffer.from('{"a":[1]}'), createOnly: false });
  expect(await store.readJson(at("j"))).toEqual({ a: [1] });
  const part = await store.openObject(at("j"), { start: 1, end: 3 });
  expect(Buffer.concat(await part.toArray()).toString()).toBe('"a"');
  expect((await store.copyObject(at("j"), at("k"), { createOnly: true })).created).toBe(true);
  expect((await store.copyObject(at("seven"), at("k"), { createOnly: true })).created).toBe(false);
  expect(await store.readJson(at("k"))).toEqual({ a: [1] });
  await expect(store.readJson(at("seven"))).rejects.toMatchObject({ code: "storage-refused" });
  expect(await store.deleteObject(at("k"))).toBe(true);
});

test("listing goes on from a name, page by page or all the way", async () => {
  for (const name of ["l/1", "l/2", "l/3", "l/4"])
    await store.writeObject({ ...at(name), body: Buffer.from(name), createOnly: true });
  const prefix = { bucket: "tracks", prefix: "l/" };
  const page = await store.listObjects(prefix, { limit: 3 });
  expect(page.objects.map(({ name }) => name)).toEqual(["l/1", "l/2", "l/3"]);
  const rest = await store.listObjects(prefix, { pageToken: page.nextPageToken ?? "" });
  expect(rest).toMatchObject({ objects: [{ name: "l/4", sizeBytes: 3 }], nextPageToken: undefined });
  const walked: string[] = [];
  for await (const { name } of store.walkObjects(prefix, { startAfter: "l/1", limit: 2 })) walked.push(name);
  expect(walked).toEqual(["l/2", "l/3", "l/4"]);
});

test("a bucket is made once, and changed only when it is asked for; a signed URL reads", async () => {
  const scratch = { name: "scratch", softDeleteRetentionSec: 604_800 };
  await Promise.all([1, 2].map(() => store.ensureBucket(scratch)));
  const rules = { deleteAfterDays: 2, matchesPrefix: ["pcm/"] };
  const changed = { name: "scratch", lifecycle: rules, softDeleteRetentionSec: 0 };
  await store.ensureBucket(changed);
  expect(await store.readBucket("scratch")).toMatchObject({
    deleteAfterDays: null,
    softDeleteRetentionSec: 604_800,
  });
  await store.changeBucket(changed);
  const [metadata] = await under.storage.bucket("scratch").getMetadata();
  expect(metadata).toMatchObject({
    lifecycle: { rule: [{ action: { type: "Delete" }, condition: { age: 2, matchesPrefix: ["pcm/"] } }] },
    softDeletePolicy: { retentionDurationSeconds: "0" },
  });
  const url = await store.signReadUrl(at("seven"), { expiresInSec: 60, downloadName: "ü.txt" });
  expect(await (await fetch(url)).text()).toBe("sevenths");
});

test("a write over a named generation goes ahead on that one only, and not where nothing is left of it", async () => {
  const write = (body: string, ifGeneration: string) =>
    store.writeObject({ ...at("named"), body: Buffer.from(body), createOnly: false, ifGeneration });
  const first = await store.writeObject({ ...at("named"), body: Buffer.from("1"), createOnly: true });
  const second = await write("2", first.generation);
  await expect(write("3", first.generation)).rejects.toBeInstanceOf(PreconditionFailedError);
  expect((await store.readObject(at("named"))).toString()).toBe("2");
  await store.deleteObject(at("named"));
  await expect(write("4", second.generation)).rejects.toBeInstanceOf(PreconditionFailedError);
  expect(await store.statObject(at("named"))).toBeUndefined();
});

test("whoever is told a session's URL writes that object, of that size, and is followed until then", async () => {
  const bytes = randomBytes(300_000);
  const ref = at("by/somebody else");
  const metadata = { said: "before" };
  const asked = { ...ref, sizeBytes: bytes.length, contentType: "audio/wav", metadata };
  const url = await store.openUploadSession(asked);
  expect(await store.readUploadSession(url, bytes.length)).toEqual({ receivedBytes: 0 });
  const put = (start: number, end: number) =>
    fetch(url, {
      method: "PUT",
      body: new Uint8Array(bytes.subarray(start, end)),
      headers: { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` },
    });
  expect((await put(0, sessionChunkBytes)).status).toBe(308);
  expect(await store.readUploadSession(url, bytes.length)).toEqual({ receivedBytes: sessionChunkBytes });
  expect(await store.statObject(ref)).toBeUndefined();
  expect((await put(sessionChunkBytes, bytes.length)).status).toBe(200);
  expect(await store.readUploadSession(url, bytes.length)).toBe("finished");
  expect(await store.statObject(ref)).toMatchObject({
    sizeBytes: bytes.length,
    contentType: "audio/wav",
    metadata,
  });
  // What it has finished stays.
  await store.cancelUploadSession(url);
  expect((await store.readObject(ref)).equals(bytes)).toBe(true);
});

test("a session that was given up is over, also a second time, and so is one that never was", async () => {
  const url = await store.openUploadSession({ ...at("given up"), sizeBytes: 10, contentType: "audio/wav" });
  await store.cancelUploadSession(url);
  await store.cancelUploadSession(url);
  expect(await store.readUploadSession(url, 10)).toBe("over");
  const unknown = new URL(url);
  unknown.searchParams.set("upload_id", "none");
  expect(await store.readUploadSession(unknown.href, 10)).toBe("over");
});

test("no session replaces what is there", async () => {
  const ref = at("there already");
  await store.writeObject({ ...ref, body: Buffer.from("first"), createOnly: true });
  const opened = store.openUploadSession({ ...ref, sizeBytes: 6, contentType: "audio/wav" });
  await expect(opened).rejects.toThrow(PreconditionFailedError);
});

test("a session is where storage is now, where that has an address of its own and has moved", async () => {
  const moved = "http://127.0.0.1:1/upload/storage/v1/b/tracks/o?uploadType=resumable&upload_id=x%2F1";
  expect(store.presentSessionUrl(moved)).toBe(moved.replace("http://127.0.0.1:1", under.server.url));
  const google = createObjectStore({ projectId: "segue-test" });
  expect(google.presentSessionUrl(moved)).toBe(moved);
});
