import { randomBytes } from "node:crypto";
import { CRC32C } from "@google-cloud/storage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countBlobs, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

test("a copy has the bytes, digests and fields, and outlives its source", async () => {
  const { bucket, storage } = under;
  const [other] = await storage.createBucket("copies");
  const body = randomBytes(300_000);
  const source = bucket.file("from/here");
  await source.save(body, { resumable: false, contentType: "audio/ogg", metadata: { metadata: { k: "v" } } });
  const target = other.file("to/there");
  await source.copy(target);
  const [before] = await source.getMetadata();
  await source.delete();
  const [metadata] = await target.getMetadata();
  expect(metadata).toMatchObject({
    contentType: "audio/ogg",
    metadata: { k: "v" },
    crc32c: before.crc32c,
    md5Hash: before.md5Hash,
  });
  expect(metadata.generation).not.toBe(before.generation);
  expect((await target.download({ validation: "crc32c" }))[0].equals(body)).toBe(true);
  await other.file("to/there").delete();
  expect(await countBlobs(under.dataDir)).toBe(0);
});

test("a create-only copy does not replace, and a missing source is 404", async () => {
  const { bucket } = under;
  await bucket.file("a").save("a", { resumable: false });
  await bucket.file("b").save("b", { resumable: false });
  const createOnly = { preconditionOpts: { ifGenerationMatch: 0 } };
  await expect(bucket.file("a").copy(bucket.file("b"), createOnly)).rejects.toMatchObject({ code: 412 });
  expect((await bucket.file("b").download())[0].toString()).toBe("b");
  await expect(bucket.file("absent").copy(bucket.file("c"))).rejects.toMatchObject({ code: 404 });
  await bucket.file("a").move("moved");
  expect((await bucket.file("moved").download())[0].toString()).toBe("a");
  expect(await bucket.file("a").exists()).toEqual([false]);
});

test("composed objects are their parts joined, with a CRC32C and no MD5", async () => {
  const { bucket } = under;
  const parts = [randomBytes(100_000), Buffer.alloc(0), randomBytes(50_001)];
  const files = parts.map((_, index) => bucket.file(`part-${index}`));
  for (const [index, part] of parts.entries()) await files[index]?.save(part, { resumable: false });
  await bucket.combine(files, bucket.file("whole.wav"));
  const joined = Buffer.concat(parts);
  const crc32c = new CRC32C();
  crc32c.update(joined);
  const [metadata] = await bucket.file("whole.wav").getMetadata();
  expect(metadata).toMatchObject({ componentCount: 3, size: "150001", crc32c: crc32c.toString() });
  expect(metadata.md5Hash).toBeUndefined();
  expect((await bucket.file("whole.wav").download({ validation: "crc32c" }))[0].equals(joined)).toBe(true);
  await expect(
    bucket.combine([bucket.file("part-0"), bucket.file("absent")], bucket.file("x.wav")),
  ).rejects.toMatchObject({ code: 404 });
});

test("composed of composed, outliving the parts: whole, in ranges over their joins, copied, and gone without a trace", async () => {
  const { bucket, storage } = under;
  const [place] = await storage.createBucket("composed");
  const before = await countBlobs(under.dataDir);
  const parts = Array.from({ length: 4 }, (_, index) => randomBytes(10_000 + index));
  const files = parts.map((_, index) => place.file(`part-${index}`));
  for (const [index, part] of parts.entries()) await files[index]?.save(part, { resumable: false });
  await place.combine(files.slice(0, 2), place.file("first"));
  await place.combine([place.file("first"), ...files.slice(2)], place.file("whole"));
  for (const file of [...files, place.file("first")]) await file.delete();
  const joined = Buffer.concat(parts);
  const whole = place.file("whole");
  const [metadata] = await whole.getMetadata();
  expect(metadata).toMatchObject({ componentCount: 4, size: String(joined.length) });
  await whole.copy(bucket.file("copied"));
  for (const file of [whole, bucket.file("copied")]) {
    expect((await file.download({ validation: "crc32c" }))[0].equals(joined)).toBe(true);
    for (const [start, end] of [
      [0, 0],
      [9_999, 10_000],
      [5_000, 35_000],
      [20_001, 40_005],
      [10_000, 10_000],
    ] as const)
      expect((await file.download({ start, end }))[0].equals(joined.subarray(start, end + 1))).toBe(true);
  }
  await whole.delete();
  expect((await bucket.file("copied").download())[0].equals(joined)).toBe(true);
  await bucket.file("copied").delete();
  expect(await countBlobs(under.dataDir)).toBe(before);
});
