import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lastWords } from "./last-words.ts";

async function wordsOf(text: string, from = 0): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "segue-last-words-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, "decode.log"), text);
  return lastWords(dir, "decode", from);
}

const line = (message: string, fields: object = {}) =>
  `${JSON.stringify({ severity: "CRITICAL", ...fields, message })}\n`;

test("the last words of this run are told, not those of an earlier one", async () => {
  const earlier = line("drained");
  expect(await wordsOf(`${earlier}segue: SEGUE_X: expected a number\n`, earlier.length)).toBe(
    "segue: SEGUE_X: expected a number",
  );
  expect(await wordsOf(earlier, earlier.length)).toBe("");
  expect(await wordsOf(line("can't start", { err: { message: "no room" } }))).toBe("can't start: no room");
});

test("of a stack the first line is told, and of an endless line its beginning", async () => {
  const stack =
    "/app/a.ts:1\n  throw e;\n  ^\n\nTypeError: a\u001b[2Jb\n    at a (file.ts:1)\n\nNode.js v22\n";
  expect(await wordsOf(stack)).toBe("TypeError: a\u001b[2Jb");
  expect(await wordsOf(`${"a".repeat(2_000)}\n`)).toBe(`${"a".repeat(500)}…`);
});

test("a process without a log has no last words", async () => {
  expect(await lastWords("/no/such/folder", "decode", 0)).toBe("");
});
