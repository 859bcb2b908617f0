import { expect, test } from "vitest";
import { nameHint } from "./name-hint.ts";

test.each([
  ["song.mp3", "song.mp3"],
  ["dîner/ça va?.mp3", "ça va?.mp3"],
  ["../../etc/passwd", "passwd"],
  ["..\\..\\boot.ini", "boot.ini"],
  ["C:\\music\\a.wav", "a.wav"],
  ["a\0b\r\nc.mp3", "a\ufffdb\ufffd\ufffdc.mp3"],
  ["\ud800.mp3", "\ufffd.mp3"],
  [`${"x".repeat(999)}\u{1f3b5}.mp3`, `${"x".repeat(999)}\ufffd`],
  ["..", null],
  ["a/", null],
  ["", null],
  [null, null],
])("%j is called %j", (name, expected) => {
  expect(nameHint(name)).toBe(expected);
});
