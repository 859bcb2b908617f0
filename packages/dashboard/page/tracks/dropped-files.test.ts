import { expect, test } from "vitest";
import { type Entry, readDropped } from "./dropped-files.ts";

const fileAt = (path: string): Entry => ({
  isDirectory: false,
  name: path.split("/").at(-1) ?? "",
  fullPath: `/${path}`,
  file: (found) => found(new File(["x"], path.split("/").at(-1) ?? "")),
});

/** Gives its entries in two lots, as browsers do with large folders. */
const folder = (path: string, entries: Entry[]): Entry => ({
  isDirectory: true,
  name: path,
  fullPath: `/${path}`,
  createReader() {
    const lots = [entries.slice(0, 1), entries.slice(1), []];
    return { readEntries: (found) => found(lots.shift() ?? []) };
  },
});

const itemOf = (entry: Entry) => ({
  webkitGetAsEntry: () => entry,
  getAsFile: () => (entry.isDirectory ? null : new File(["x"], entry.name)),
});

test("of a folder all audio is taken, however deep; a file that was dropped itself, whatever it is called", async () => {
  const album = folder("album", [
    fileAt("album/2.flac"),
    fileAt("album/cover.jpg"),
    folder("album/cd2", [fileAt("album/cd2/1.MP3")]),
    fileAt("album/.DS_Store"),
  ]);
  const items = [itemOf(album), itemOf(fileAt("notes.txt"))];
  const found = await readDropped({ items });
  expect(found.map(({ path }) => path)).toEqual(["album/2.flac", "album/cd2/1.MP3", "notes.txt"]);
});

test("one that can't be read is told, and keeps the others from nothing", async () => {
  const gone: Entry = { ...fileAt("album/gone.wav"), file: (_found, failed) => failed(new Error("gone")) };
  const found = await readDropped({ items: [itemOf(folder("album", [gone, fileAt("album/there.wav")]))] });
  expect(found.map(({ path, file }) => [path, file === null])).toEqual([
    ["album/gone.wav", true],
    ["album/there.wav", false],
  ]);
});
