import { afterEach, beforeEach, expect, test } from "vitest";
import { countBlobs, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

const dayMs = 86_400_000;
let under: ServerUnderTest;
let nowMs: number;
beforeEach(async () => {
  nowMs = Date.parse("2026-03-01T12:00:00Z");
  under = await startServerUnderTest({ now: () => nowMs });
});
afterEach(() => under[Symbol.asyncDispose]());

async function sweepWith(condition: Record<string, unknown>): Promise<string[]> {
  await under.bucket.setMetadata({ lifecycle: { rule: [{ action: { type: "Delete" }, condition }] } });
  await under.server.sweep();
  return (await under.bucket.getFiles())[0].map(({ name }) => name);
}

async function save(...names: string[]): Promise<void> {
  for (const name of names) await under.bucket.file(name).save("x", { resumable: false });
}

test("age deletes an object when that many whole days have passed, and its bytes too", async () => {
  await save("old");
  nowMs += dayMs;
  await save("young");
  nowMs += dayMs - 1;
  expect(await sweepWith({ age: 2 })).toEqual(["old", "young"]);
  nowMs += 1;
  expect(await sweepWith({ age: 2 })).toEqual(["young"]);
  expect(await countBlobs(under.dataDir)).toBe(1);
});

test("all conditions of a rule must hold", async () => {
  await save("pcm/a.wav", "pcm/a.json", "mono/a.wav", "keep/a.wav");
  nowMs += 3 * dayMs;
  const rule = { age: 1, matchesPrefix: ["pcm/", "mono/"], matchesSuffix: [".wav"] };
  expect(await sweepWith(rule)).toEqual(["keep/a.wav", "pcm/a.json"]);
});

test("createdBefore compares with midnight, UTC", async () => {
  await save("a");
  expect(await sweepWith({ createdBefore: "2026-03-01" })).toEqual(["a"]);
  expect(await sweepWith({ createdBefore: "2026-03-02" })).toEqual([]);
});

test("a condition about versions that are no more live never holds: a bucket here has none", async () => {
  await save("a");
  nowMs += 100 * dayMs;
  expect(await sweepWith({ age: 1, numNewerVersions: 3 })).toEqual(["a"]);
  expect(await sweepWith({ daysSinceNoncurrentTime: 1 })).toEqual(["a"]);
  expect(await sweepWith({ isLive: false })).toEqual(["a"]);
});

test.each([{}, { ageInDays: 1 }, { matchesPattern: "*.wav" }])(
  "a rule without a condition, or with one that is not built (%j), is refused",
  async (condition) => {
    await expect(sweepWith(condition)).rejects.toMatchObject({ code: 400 });
  },
);

test("size, storage class and the writer's own time are conditions too", async () => {
  await under.bucket.file("small").save("x", { resumable: false });
  await under.bucket.file("large").save("x".repeat(100), { resumable: false });
  await under.bucket.file("cold").save("x", { resumable: false, metadata: { storageClass: "COLDLINE" } });
  const customTime = "2026-01-01T00:00:00Z";
  await under.bucket.file("dated").save("x", { resumable: false, metadata: { customTime } });
  expect(await sweepWith({ sizeAboveBytes: "100" })).toHaveLength(4);
  expect(await sweepWith({ sizeAboveBytes: "99" })).not.toContain("large");
  expect(await sweepWith({ matchesStorageClass: ["COLDLINE"] })).toEqual(["dated", "small"]);
  expect(await sweepWith({ customTimeBefore: "2026-01-01" })).toEqual(["dated", "small"]);
  expect(await sweepWith({ daysSinceCustomTime: 59 })).toEqual(["small"]);
  expect(await sweepWith({ sizeBelowBytes: "2" })).toEqual([]);
});

test("a rule changes the storage class of what is due, and deletes when another rule says so", async () => {
  await save("old", "doomed");
  nowMs += 31 * dayMs;
  await save("young");
  const rules = [
    { action: { type: "SetStorageClass", storageClass: "NEARLINE" }, condition: { age: 30 } },
    { action: { type: "Delete" }, condition: { age: 30, matchesPrefix: ["doomed"] } },
  ];
  await under.bucket.setMetadata({ lifecycle: { rule: rules as never } });
  await under.server.sweep();
  const [files] = await under.bucket.getFiles();
  expect(files.map(({ name, metadata }) => [name, metadata.storageClass])).toEqual([
    ["old", "NEARLINE"],
    ["young", "STANDARD"],
  ]);
});

test("a rule gives up multipart uploads that nobody finishes", async () => {
  const start = async (name: string) => {
    const response = await fetch(`${under.server.url}/tracks/${name}?uploads`, { method: "POST" });
    const id = /<UploadId>(.*)<\/UploadId>/.exec(await response.text())?.[1];
    await fetch(`${under.server.url}/tracks/${name}?partNumber=1&uploadId=${id}`, {
      method: "PUT",
      body: "x",
    });
  };
  await start("old");
  nowMs += 2 * dayMs;
  await start("young");
  const rule = { action: { type: "AbortIncompleteMultipartUpload" as const }, condition: { age: 1 } };
  await under.bucket.setMetadata({ lifecycle: { rule: [rule] } });
  expect(await countBlobs(under.dataDir)).toBe(2);
  await under.server.sweep();
  const uploads = await (await fetch(`${under.server.url}/tracks?uploads`)).text();
  expect([...uploads.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key)).toEqual(["young"]);
  expect(await countBlobs(under.dataDir)).toBe(1);
});

test("thousands of objects go in one sweep", async () => {
  const names = Array.from({ length: 1200 }, (_, index) => `many/${index}`);
  for (let at = 0; at < names.length; at += 50)
    await Promise.all(names.slice(at, at + 50).map((name) => save(name)));
  nowMs += 2 * dayMs;
  expect(await sweepWith({ age: 1, matchesPrefix: ["many/1"] })).toHaveLength(889);
});
