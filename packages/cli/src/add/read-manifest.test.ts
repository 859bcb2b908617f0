import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readManifest } from "./read-manifest.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-manifest-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function read(name: string, text: string) {
  const file = join(dir, name);
  await writeFile(file, text);
  return (await collect(readManifest(file, Readable.from([])))).map((entry) =>
    "code" in entry ? { line: entry.name.slice(file.length + 1), message: entry.message } : entry,
  );
}

test("CSV: quotes, byte order mark, either end of line, columns in any order, and bad lines by number", async () => {
  const text =
    "\ufefftitle,source,targets\r\n" +
    '"Say ""Ah"", then",gs://bucket/a.wav,tempo key\r\n' +
    ",folder/song.mp3,\r\n" +
    "no source,,tempo\r\n" +
    "x,ftp://host/a.wav,\r\n" +
    "y,a.wav,tempo;key,more\r\n";
  expect(await read("a.csv", text)).toEqual([
    { source: "gs://bucket/a.wav", title: 'Say "Ah", then', targets: ["tempo", "key"] },
    { source: "folder/song.mp3" },
    { line: "4", message: "source: expected a path, or a gs:// or https:// address" },
    { line: "5", message: "source: expected a path, gs://bucket/object or https://host/path" },
    { line: "6", message: 'Unrecognized key: "column 4"' },
  ]);
});

test("JSONL: a line each, bad ones by number", async () => {
  const text =
    '{"source":"a.wav","targets":["tempo"]}\n\n{"source":1}\nnot json\n{"source":"b.wav","targets":[]}\n{"source":"c.wav","metadata":{"id":"7"}}';
  expect(await read("a.jsonl", text)).toEqual([
    { source: "a.wav", targets: ["tempo"] },
    { line: "3", message: "source: expected a path, or a gs:// or https:// address" },
    { line: "4", message: expect.stringMatching(/^expected a JSON object; .*not json/) },
    { line: "5", message: "targets: expected at least one target" },
    { source: "c.wav", metadata: { id: "7" } },
  ]);
});

test("what is no manifest is refused as a whole", async () => {
  await expect(read("a.csv", "file,title\na.wav,b\n")).rejects.toThrow(
    "expected a header with source, and perhaps title and targets; got file, title",
  );
  await expect(read("b.csv", "")).rejects.toThrow("got an empty file");
  await expect(read("a.txt", "a.wav")).rejects.toThrow("expected a name that ends in .csv or .jsonl");
  for (const name of ["missing.csv", "missing.jsonl"])
    await expect(collect(readManifest(join(dir, name), Readable.from([])))).rejects.toThrow("ENOENT");
});

test("an entry comes before the rest of the file is read: nothing grows with the manifest", async () => {
  let written = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) yield `{"source":"song-${written++}.wav"}\n`;
    })(),
  );
  for await (const entry of readManifest("-", endless))
    if ("source" in entry && entry.source === "song-1000.wav") break;
  expect(written).toBeLessThan(10_000);
  endless.destroy();
});
