import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openJournal } from "./journal.ts";

const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const song = { path: "/music/song.flac", sizeBytes: 1234, mtimeMs: 1700000000000.25 };
const other = { path: "/music/other \u2028\n.flac", sizeBytes: 0, mtimeMs: 1 };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-journal-"));
  file = join(folder, "new", "journal.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function reopened<T>(read: (journal: Awaited<ReturnType<typeof openJournal>>) => T): Promise<T> {
  const journal = await openJournal(file);
  const result = read(journal);
  await journal[Symbol.asyncDispose]();
  return result;
}

async function record(): Promise<void> {
  const journal = await openJournal(file);
  await journal.accepted(song, id(1));
  await journal.accepted(other, id(2));
  await journal.ended(id(1), { sendAgain: false });
  await journal[Symbol.asyncDispose]();
}

test("a later start knows what was accepted and what has not ended", async () => {
  await record();
  expect(await reopened((journal) => journal.find(song))).toBe(id(1));
  expect(await reopened((journal) => journal.unfinished())).toEqual([{ trackId: id(2), path: other.path }]);
});

test("a file that was changed is another file", async () => {
  await record();
  for (const changed of [
    { mtimeMs: song.mtimeMs + 0.5 },
    { sizeBytes: 1235 },
    { path: "/music/Song.flac" },
  ]) {
    expect(await reopened((journal) => journal.find({ ...song, ...changed }))).toBeUndefined();
  }
});

test("what failed without the file's fault is sent again", async () => {
  await record();
  const journal = await openJournal(file);
  await journal.ended(id(2), { sendAgain: true });
  expect(journal.find(other)).toBeUndefined();
  await journal.accepted(other, id(3));
  expect(journal.find(other)).toBe(id(3));
  await journal[Symbol.asyncDispose]();
  expect(await reopened((again) => again.find(other))).toBe(id(3));
});

test("cut at any byte, it loses only the line that was cut, and goes on", async () => {
  await record();
  const whole = await readFile(file);
  const lineEnds = [...whole.keys()].filter((i) => whole[i] === 10);
  expect(lineEnds).toHaveLength(3);
  for (let length = 0; length <= whole.length; length++) {
    await writeFile(file, whole.subarray(0, length));
    const third = { ...song, path: "/music/third.flac" };
    const journal = await openJournal(file);
    await journal.accepted(third, id(3));
    await journal[Symbol.asyncDispose]();
    const again = await openJournal(file);
    // The last character of a line is its newline: without it the line is whole all the same.
    const whole1 = length >= (lineEnds[0] ?? 0);
    expect([length, again.find(song), again.find(third)]).toEqual([
      length,
      whole1 ? id(1) : undefined,
      id(3),
    ]);
    await again[Symbol.asyncDispose]();
  }
});

test("lines of others are passed over", async () => {
  await record();
  await appendFile(file, '{"type":"accepted","path":7}\nnot json\n\n{"type":"later"}\n');
  expect(await reopened((journal) => journal.find(song))).toBe(id(1));
});
