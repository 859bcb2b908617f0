import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { many, withComments } from "../fixtures/commented-flac.ts";
import { createTestDir, makeFile, sine, type TestDir } from "../testing.ts";
import { readTags } from "./read-tags.ts";

let dir: TestDir;
let flac: Buffer;
beforeAll(async () => {
  dir = await createTestDir();
  flac = await readFile(await makeFile(dir.path("bare.flac"), sine({})));
});
afterAll(() => dir.dispose());

async function read(comments: readonly string[]) {
  await writeFile(dir.path("commented.flac"), withComments(flac, comments));
  return readTags(dir.path("commented.flac"));
}

test.each([
  ["artist", many(1_500, (i) => `ARTIST=${i}${"y".repeat(500)}`)],
  ["comment", many(1_500, (i) => `COMMENT=${i}${"z".repeat(500)}`)],
  ["isrc", [`ISRC=${many(500_000, (i) => i.toString(36)).join(";")}`]],
])(
  "of a thousand values of %s the first are kept, as many as a message can carry",
  async (field, comments) => {
    const { tags, tagValues, problem } = await read(["TITLE=A Song", ...comments]);
    expect(problem).toBeNull();
    expect(tags.title).toBe("A Song");
    expect(tagValues[field]?.length).toBeGreaterThan(5);
    expect(JSON.stringify(tagValues).length).toBeLessThan(20_000);
  },
);

test("a dozen of each are all kept", async () => {
  const artists = many(12, (i) => `Artist ${i}`);
  const comments = many(12, (i) => `Comment ${i}`);
  const { tagValues } = await read([
    ...artists.map((name) => `ARTIST=${name}`),
    ...comments.map((text) => `COMMENT=${text}`),
  ]);
  expect(tagValues).toEqual({ artist: artists, comment: comments });
});
