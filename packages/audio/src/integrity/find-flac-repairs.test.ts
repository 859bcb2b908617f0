import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { many, withComments } from "../fixtures/commented-flac.ts";
import { probeAudio } from "../probe-audio.ts";
import { readTags } from "../tags/read-tags.ts";
import { createTestDir, makeFile, sine, type TestDir } from "../testing.ts";
import { findRepairs, writeRepaired } from "./find-repairs.ts";

let dir: TestDir;
let flac: Buffer;
beforeAll(async () => {
  dir = await createTestDir();
  flac = await readFile(await makeFile(dir.path("bare.flac"), sine({})));
});
afterAll(() => dir.dispose());

test.each([
  ["400,000 artists", many(400_000, (i) => `ARTIST=${i}`)],
  ["15,000 comments of a kilobyte", many(15_000, (i) => `COMMENT=${i}${"z".repeat(1_000)}`)],
  ["300,000 fields", many(300_000, (i) => `F${i}=v`)],
])(
  "%s: read in time, by ffmpeg and for their tags, and the first of them are there",
  async (what, comments) => {
    const path = dir.path(`${what}.flac`);
    await writeFile(path, withComments(flac, ["TITLE=A Song", ...comments]));
    const { patches, damage } = await findRepairs(path);
    expect(damage).toBeNull();
    await writeRepaired(path, patches, dir.path("repaired"));
    const { audioStreams } = await probeAudio(dir.path("repaired"));
    expect(audioStreams.map(({ codec }) => codec)).toEqual(["flac"]);
    expect((await readTags(dir.path("repaired"))).tags.title).toBe("A Song");
  },
);

test.each([
  ["no comments", []],
  ["a thousand", many(1_000, (i) => `ARTIST=${i}`)],
  ["a few large ones", many(5, (i) => `COMMENT=${i}${"z".repeat(2_000_000)}`)],
])("a file with %s is left as it is", async (what, comments) => {
  const path = dir.path(`${what}.flac`);
  await writeFile(path, withComments(flac, comments));
  expect((await findRepairs(path)).patches).toEqual([]);
});

test("a block that lies about its size, its count and its texts is read to its end and no further", async () => {
  const bytes = withComments(flac, ["TITLE=x"]);
  for (const at of [43, 46, 50, 54]) bytes.fill(0xff, at, at + 3);
  await writeFile(dir.path("lies.flac"), bytes);
  expect((await findRepairs(dir.path("lies.flac"))).patches).toEqual([]);
});
