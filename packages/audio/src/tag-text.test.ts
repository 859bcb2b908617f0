import { expect, test } from "vitest";
import { cleanTagText, undoMisreadCharset } from "./tag-text.ts";

const misread = (bytes: readonly number[]) => Buffer.from(bytes).toString("latin1");

test.each([
  ["cp1251", [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x20, 0xec, 0xe8, 0xf0], "Привет мир"],
  ["cp1251 in capitals", [0xca, 0xc8, 0xcd, 0xce], "КИНО"],
  ["GBK", [0xc4, 0xe3, 0xba, 0xc3, 0xca, 0xc0, 0xbd, 0xe7], "你好世界"],
  ["GBK among ASCII", [0x4c, 0x69, 0x76, 0x65, 0x20, 0xd6, 0xd0, 0xb9, 0xfa], "Live 中国"],
  ["UTF-8", [...Buffer.from("Motörhead – ☃")], "Motörhead – ☃"],
])("%s that says Latin-1 is read again as what it is", (_, bytes, text) => {
  expect(undoMisreadCharset(misread(bytes))).toBe(text);
});

test.each([
  "Motörhead",
  "Björk",
  "Sigur Rós",
  "Beyoncé",
  "Über allen Gipfeln",
  "Ænima",
  "Señor Coconut",
  "Été",
  "plain",
  "À toi",
])("real Latin-1 stays: %s", (text) => expect(undoMisreadCharset(text)).toBe(text));

test.each(["Привет", "你好", "naïve ☃", "ガラス"])("text that is no bytes stays: %s", (text) => {
  expect(undoMisreadCharset(text)).toBe(text);
});

test("NULs and control characters go, line breaks within stay out of the way, length is bounded", () => {
  expect(cleanTagText("a\u0000b\u0007c\u0000\u0000")).toBe("abc");
  expect(cleanTagText("  \u0000 ")).toBeNull();
  expect(cleanTagText("☃".repeat(5000))).toHaveLength(1000);
  const pairs = cleanTagText(`x${"🎵".repeat(5000)}`) ?? "";
  expect([...pairs]).toHaveLength(1000);
  expect(pairs.isWellFormed()).toBe(true);
  expect(cleanTagText("bad \ud800 half")?.isWellFormed()).toBe(true);
});
