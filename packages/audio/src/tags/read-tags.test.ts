import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDir, makeFile, sine, type TestDir } from "../testing.ts";
import { readTags } from "./read-tags.ts";

let dir: TestDir;
let audio: Buffer;
beforeAll(async () => {
  dir = await createTestDir();

  audio = await readFile(await makeFile(dir.path("bare.mp3"), [...sine({}), "-id3v2_version", "0"]));
});
afterAll(() => dir.dispose());

const encodings = { latin1: 0, utf16: 1, utf16be: 2, utf8: 3 } as const;

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
  return taggedAs(3, ...frames);
}

async function taggedAs(version: number, ...frames: Buffer[]) {
  const body = Buffer.concat(frames);
  const size = Buffer.from([21, 14, 7, 0].map((shift) => (body.length >> shift) & 0x7f));
  await writeFile(
    dir.path("tagged"),
    Buffer.concat([Buffer.from("ID3"), Buffer.of(version, 0, 0), size, body, audio]),
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
  expect(await readTags(dir.path("junk"))).toEqual({ tags: {}, tagValues: {}, cover: null, problem: null });
});

test("a file that can't be read is told, not thrown", async () => {
  expect((await readTags(dir.path("absent"))).problem).toContain("no such file");
});

test.each<[keyof typeof encodings, (text: string) => Buffer]>([
  ["utf8", (text) => Buffer.from(text)],
  ["utf16", (text) => Buffer.from(`\ufeff${text}`, "utf16le")],
  ["utf16be", (text) => Buffer.from(text, "utf16le").swap16()],
])("text of ID3v2 that says %s is never touched, be it like another charset's", async (encoding, encode) => {
  const { tags } = await taggedAs(
    4,
    textFrame("TIT2", encoding, encode("Emoções")),
    textFrame("TPE1", encoding, encode("Ïðèâåò")),
    textFrame("TALB", encoding, encode("ÄãºÃ")),
  );
  expect(tags).toEqual({ title: "Emoções", artist: "Ïðèâåò", album: "ÄãºÃ" });
});

test("frames of both sorts in one file: only the undeclared are read again", async () => {
  const { tags } = await tagged(
    textFrame("TIT2", "latin1", Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])),
    textFrame("TPE1", "utf16", Buffer.from("\ufeffÃåðîé", "utf16le")),
  );
  expect(tags).toEqual({ title: "Привет", artist: "Ãåðîé" });
});

test("a charset that ffmpeg's containers declare, and AIFF and RIFF that declare none, keep their words", async () => {
  const metadata = [
    "-metadata",
    "title=Coração",
    "-metadata",
    "comment=Größer",
    "-metadata",
    "album=Emoções",
  ];
  for (const name of ["t.flac", "t.ogg", "t.m4a", "t.wv", "t.aiff", "t.wav", "t.mp3", "t.mka"]) {
    const { tags, problem } = await readTags(await makeFile(dir.path(name), [...sine({}), ...metadata]));
    expect([name, tags.title, problem]).toEqual([name, "Coração", null]);
    if (tags.album !== undefined) expect([name, tags.album]).toEqual([name, "Emoções"]);
  }
});

test("RIFF INFO in a legacy charset is read as it, and as what CSET says where that is there", async () => {
  const info = (text: Buffer) => {
    const value = Buffer.concat([text, Buffer.of(0), Buffer.alloc((text.length + 1) % 2)]);
    const chunk = Buffer.concat([Buffer.from("INFOINAM"), uint32(text.length + 1), value]);
    return Buffer.concat([Buffer.from("LIST"), uint32(chunk.length), chunk]);
  };
  const cyrillic = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);
  const wav = await readFile(await makeFile(dir.path("bare.wav"), [...sine({}), "-fflags", "+bitexact"]));
  const withChunks = async (...chunks: Buffer[]) => {
    const body = Buffer.concat([wav.subarray(8), ...chunks]);
    await writeFile(dir.path("info.wav"), Buffer.concat([Buffer.from("RIFF"), uint32(body.length), body]));
    return (await readTags(dir.path("info.wav"))).tags.title;
  };
  expect(await withChunks(info(cyrillic))).toBe("Привет");
  const latin1 = Buffer.concat([Buffer.from("CSET"), uint32(8), uint32(28591), uint32(0)]);
  expect(await withChunks(latin1, info(cyrillic))).toBe("Ïðèâåò");
});

test("every value of a field is kept, and a name with a slash in it is one", async () => {
  const isrcs = ["USABC2600001", "USABC2600002"];
  const read = await taggedAs(
    4,
    textFrame("TSRC", "latin1", Buffer.from(isrcs.join("\0"))),
    textFrame("TPE1", "utf8", Buffer.from("Ann\0Bo & Co\0Cid")),
  );
  expect(read.tagValues).toEqual({ isrc: isrcs, artist: ["Ann", "Bo & Co", "Cid"] });
  expect(read.tags).toEqual({ isrc: isrcs.join(", "), artist: "Ann, Bo & Co, Cid" });
  const slashed = await tagged(textFrame("TPE1", "latin1", Buffer.from("AC/DC")));
  expect(slashed.tags).toEqual({ artist: "AC/DC" });
  expect(slashed.tagValues).toEqual({});
});

test.each(["124.56", "124", "89.9"])("a tempo of %s stays as it is written", async (bpm) => {
  expect((await tagged(textFrame("TBPM", "latin1", Buffer.from(bpm)))).tags.bpm).toBe(bpm);
});

test("what programs note down for themselves is no comment", async () => {
  const comment = (text: string) => textFrame("COMM", "latin1", Buffer.from(`eng${text}`));
  const norm = "00000ABC 00000DEF 00001234";
  const { tags } = await tagged(
    comment(`iTunNORM\0 ${norm}`),
    comment("iTunSMPB\0 00000000 00000210 00000A2C 000000000003C2B4"),
    comment(`\0 ${norm}`),
    comment("\0Real comment"),
    comment("mood\0Written by a person"),
  );
  expect(tags.comment).toBe("Real comment\nWritten by a person");
});

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
