import { readFile, truncate, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { probeAudio } from "../probe-audio.ts";
import { readTags } from "../tags/read-tags.ts";
import { createTestDir, makeFile, sine, type TestDir } from "../testing.ts";
import { findRepairs, writeRepaired } from "./find-repairs.ts";

let dir: TestDir;
let audio: Buffer;
beforeAll(async () => {
  dir = await createTestDir();
  audio = await readFile(await makeFile(dir.path("bare.mp3"), [...sine({}), "-id3v2_version", "0"]));
});
afterAll(() => dir.dispose());

/** A text frame of a version, of fewer than 128 characters. */
function frame(version: number, id: string, text: string): Buffer {
  const size = text.length + 1;
  const head = version === 2 ? [0, 0, size] : [0, 0, 0, size, 0, 0];
  return Buffer.concat([Buffer.from(id), Buffer.from([...head, 0]), Buffer.from(text)]);
}

async function tagged(version: number, frames: readonly Buffer[]): Promise<string> {
  const body = Buffer.concat(frames);
  const size = [21, 14, 7, 0].map((shift) => (body.length >> shift) & 0x7f);
  const path = dir.path(`tagged-${version}.mp3`);
  await writeFile(path, Buffer.concat([Buffer.from("ID3"), Buffer.of(version, 0, 0, ...size), body, audio]));
  return path;
}

test.each([
  [2, "TT2", "TP1", "TAL"],
  [3, "TIT2", "TPE1", "TALB"],
  [4, "TIT2", "TPE1", "TALB"],
])(
  "a million frames of version 2.%i: the first are read, and the audio",
  async (version, title, artist, album) => {
    const rest = Array.from({ length: 1_000_000 }, () => frame(version, artist, "ab"));
    const frames = [frame(version, title, "A Song"), ...rest, frame(version, album, "The Last")];
    const path = await tagged(version, frames);
    const { patches, damage } = await findRepairs(path);
    expect([patches.length, damage]).toEqual([1, null]);
    await writeRepaired(path, patches, dir.path("repaired"));
    const { audioStreams } = await probeAudio(dir.path("repaired"));
    expect(audioStreams.map(({ codec }) => codec)).toEqual(["mp3"]);
    const { tags, problem } = await readTags(dir.path("repaired"));
    expect(problem).toBeNull();
    expect(tags).toEqual({ title: "A Song", artist: "ab" });
  },
);

test("a tag with a thousand frames is left as it is", async () => {
  const frames = Array.from({ length: 1_000 }, (_, i) => frame(3, "TPE1", `${i}`));
  expect((await findRepairs(await tagged(3, frames))).patches).toEqual([]);
});

test("what is longer than a frame of its version can be is padded by several, within the file", async () => {
  const frames = Array.from({ length: 2_001 }, () => frame(2, "TP1", "ab"));
  const path = await tagged(2, [...frames, Buffer.alloc(20_000_000)]);
  expect((await findRepairs(path)).patches).toHaveLength(2);
  await truncate(path, 1_000_000);
  expect((await findRepairs(path)).patches).toHaveLength(1);
});

test.each([
  [2, "TT2"],
  [3, "TIT2"],
  [4, "TIT2"],
])("ten megabytes of padding in version 2.%i are passed over at once", async (version, title) => {
  const path = await tagged(version, [frame(version, title, "A Song"), Buffer.alloc(10_000_000)]);
  const { patches } = await findRepairs(path);
  expect(patches).toHaveLength(1);
  await writeRepaired(path, patches, dir.path("repaired"));
  expect((await probeAudio(dir.path("repaired"))).audioStreams.map(({ codec }) => codec)).toEqual(["mp3"]);
  expect(await readTags(dir.path("repaired"))).toMatchObject({ tags: { title: "A Song" }, problem: null });
});

test("padding as taggers leave it is left as it is", async () => {
  const path = await tagged(3, [frame(3, "TIT2", "A Song"), Buffer.alloc(500_000)]);
  expect((await findRepairs(path)).patches).toEqual([]);
});
