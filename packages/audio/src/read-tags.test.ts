import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTags } from "./read-tags.ts";
import { createTestDir, makeFile, sine, type TestDir } from "./testing.ts";

let dir: TestDir;
let audio: Buffer;
beforeAll(async () => {
  dir = await createTestDir();

  audio = await readFile(await makeFile(dir.path("bare.mp3"), [...sine({}), "-id3v2_version", "0"]));
});
afterAll(() => dir.dispose());

const encodings = { latin1: 0, utf16: 1 } as const;

function textFrame(id: string, encoding: keyof typeof encodings, text: Buffer): Buffer {
  const frame = Buffer.concat([
    Buffer.from(id, "latin1"),
    Buffer.alloc(6),
    Buffer.from([encodings[encoding]]),
    text,
  ]);
  frame.writeUInt32BE(text.length + 1, 4);
  return frame;
}

async function tagged(...frames: Buffer[]) {
  const body = Buffer.concat(frames);
  const size = Buffer.from([21, 14, 7, 0].map((shift) => (body.length >> shift) & 0x7f));
  await writeFile(
    dir.path("tagged"),
    Buffer.concat([Buffer.from("ID3\x03\0\0", "latin1"), size, body, audio]),
  );
  return readTags(dir.path("tagged"));
}

test.each<[what: string, encoding: keyof typeof encodings, bytes: Buffer, title: string]>([
  ["Latin-1", "latin1", Buffer.from("Björk", "latin1"), "Björk"],
  ["cp1251 in a Latin-1 frame", "latin1", Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]), "Привет"],
  ["GBK in a Latin-1 frame", "latin1", Buffer.from([0xc4, 0xe3, 0xba, 0xc3]), "你好"],
  ["UTF-8 in a Latin-1 frame", "latin1", Buffer.from("ñandú ☃"), "ñandú ☃"],
  ["UTF-16 with its mark", "utf16", Buffer.from("\ufeffПривет 你好", "utf16le"), "Привет 你好"],
  ["NULs at the end", "latin1", Buffer.from("Title\0\0\0", "latin1"), "Title"],
])("%s", async (_, encoding, bytes, title) => {
  expect((await tagged(textFrame("TIT2", encoding, bytes))).tags.title).toBe(title);
});

test("a tag that lies about its length is no reason to fail", async () => {
  const frame = textFrame("TIT2", "latin1", Buffer.from("x"));
  frame.writeUInt32BE(0x7fffffff, 4);
  const read = await tagged(frame);
  expect(read.tags).toEqual({ title: "x" });
  expect(read.cover).toBeNull();
});

test("what is no audio has no tags, and no problem either", async () => {
  await writeFile(dir.path("junk"), Buffer.alloc(5000, 7));
  expect(await readTags(dir.path("junk"))).toEqual({ tags: {}, cover: null, problem: null });
});

test("a file that can't be read is told, not thrown", async () => {
  expect((await readTags(dir.path("absent"))).problem).toContain("no such file");
});
