import { open, readFile, stat, writeFile } from "node:fs/promises";
import { fileUrl, readTags } from "@segue/audio";
import { createTestDir, makeFile, sine, type TestDir } from "@segue/audio/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchMasterEnds } from "./fetch-master-ends.ts";

let dir: TestDir;
let coverPath: string;
let cover: Buffer;
beforeAll(async () => {
  dir = await createTestDir();
  coverPath = await makeFile(dir.path("c.jpg"), ["-f", "lavfi", "-i", "testsrc=s=300x300", "-frames:v", "1"]);
  cover = await readFile(coverPath);
});
afterAll(() => dir.dispose());

const withCover = (name: string, ...args: string[]) =>
  makeFile(dir.path(name), [
    ...[...sine({}), "-i", fileUrl(coverPath), "-map", "0", "-map", "1"],
    ...["-c:v", "copy", "-disposition:v", "attached_pic", "-threads", "1", ...args],
  ]);

/** A master in storage, of which only what is asked for is read. */
async function master(path: string) {
  const asked = { whole: 0, bytes: 0 };
  return {
    asked,
    sizeBytes: (await stat(path)).size,
    async fetch() {
      asked.whole += 1;
      return path;
    },
    async fetchRange(start: number, end: number) {
      asked.bytes += end - start;
      const file = await open(path);
      const part = Buffer.alloc(end - start);
      await file.read(part, 0, part.length, start);
      await file.close();
      await writeFile(dir.path(`part-${start}`), part);
      return dir.path(`part-${start}`);
    },
  };
}

const gapBytes = 200 * 1024 * 1024;

/** Puts a hole of 200 MiB into a file. */
async function widen(path: string, at: number): Promise<string> {
  const bytes = await readFile(path);
  const file = await open(dir.path("wide"), "w");
  await file.write(bytes, 0, at, 0);
  await file.write(bytes, at, bytes.length - at, at + gapBytes);
  await file.close();
  return dir.path("wide");
}

async function coverInEnds(path: string) {
  const given = await master(path);
  const found = (await readTags(await fetchMasterEnds(given, dir.path("")))).cover?.data;
  return { ...given.asked, same: Buffer.from(found ?? []).equals(cover) };
}

describe("a large master is not fetched for its cover", () => {
  const expected = { whole: 0, bytes: 32 * 1024 * 1024, same: true };

  test("ID3 before the audio", async () => {
    const path = await withCover("a.mp3");
    expect(await coverInEnds(await widen(path, (await stat(path)).size - 1))).toEqual(expected);
  });

  test("the index of an m4a, after the audio", async () => {
    const path = await withCover("a.m4a", "-c:a", "aac");
    const bytes = await readFile(path);
    const mdat = bytes.indexOf("mdat");
    bytes.writeUInt32BE(bytes.readUInt32BE(mdat - 4) + gapBytes, mdat - 4);
    await writeFile(path, bytes);
    expect(await coverInEnds(await widen(path, mdat + 4))).toEqual(expected);
  });
});

test("any other master is fetched whole", async () => {
  expect(await coverInEnds(await withCover("b.mp3"))).toEqual({ whole: 1, bytes: 0, same: true });
});
