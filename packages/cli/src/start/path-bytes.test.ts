import { expect, test } from "vitest";
import { bytesOfPath, pathOfBytes, readablePath } from "./path-bytes.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

test.each([
  ["Größe.mp3", Buffer.from("Größe.mp3")],
  ["日本語 🎤.flac", Buffer.from("日本語 🎤.flac")],
])("%s, which is UTF-8, stays as it is", (text, bytes) => {
  expect(pathOfBytes(bytes)).toBe(text);
  expect(bytesOfPath(text)).toBe(text);
  expect(readablePath(text)).toBe(text);
});

test.each([
  ["Größe.mp3", latin1("Größe.mp3")],
  ["ÿ", latin1("ÿ")],
  ["Émile – live.wav", Buffer.concat([latin1("Émile "), Buffer.of(0x96), latin1(" live.wav")])],
])("%s in Latin-1 is told apart, comes out as it was, and can be read", (text, bytes) => {
  const path = pathOfBytes(bytes);
  expect(path.isWellFormed()).toBe(false);
  expect(bytesOfPath(path)).toEqual(bytes);
  expect(JSON.parse(JSON.stringify(path))).toBe(path);
  expect(readablePath(`ä/${path}`)).toBe(`ä/${text}`);
});

test("bytes that are no text on both sides of text that is one come out as they were", () => {
  for (const bytes of [
    Buffer.of(0xff, 0xf0, 0x9f, 0x8e, 0xa4, 0xe9),
    Buffer.of(0xc3, 0x28, 0xe2, 0x82),
    Buffer.of(0xed, 0xb2, 0x80),
  ])
    expect(bytesOfPath(pathOfBytes(bytes))).toEqual(bytes);
});
