import { expect, test } from "vitest";
import { readMasters } from "./read-masters.ts";

const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
const files: Record<string, string> = {
  "sums.txt": `${a}  song.flac\n\n# a remark\n${b} *other.wav\n`,
  "-": `${a}\r\n`,
  "wrong.txt": `${a}\nsong.flac\n`,
};
const read = async (file: string) => files[file] ?? Promise.reject(new Error(`no ${file}`));

test("masters are taken as they are given, and from files as sha256sum writes them, each once", async () => {
  expect(await readMasters([c, "sums.txt", "-"], read)).toEqual([c, a, b]);
});

test("a line that begins with none is told by its place, and so is a file that is not there", async () => {
  await expect(readMasters(["wrong.txt"], read)).rejects.toThrow(
    'wrong.txt, line 2: expected a SHA-256 in 64 hex digits, got "song.flac"',
  );
  await expect(readMasters(["none.txt"], read)).rejects.toThrow("no none.txt");
});
