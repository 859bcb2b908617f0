import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runFfmpeg } from "@segue/audio";
import { createId, Key, Tags, Tempo, type TrackResource } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestAudio } from "./digest-audio.ts";
import { type TagOptions, tagCopy } from "./tag-copy.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-tag-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const facts = {
  tempo: { bpm: 127.964, confidence: 0.9, beatsSec: [], alternatives: [] },
  key: { key: "F#", mode: "minor", strength: 1, confidence: 1, camelot: "11A", openKey: "4m" },
  tags: {
    tags: [
      { tag: "techno", score: 0.9 },
      { tag: "fast", score: 0.4 },
    ],
  },
};

const trackOf = (
  fileName: string,
  heard: Record<string, object> = facts,
  said: Record<string, object> = {},
) =>
  ({
    ...{ id: createId(new Date()), fileName, title: null },
    results: Object.fromEntries(Object.entries(heard).map(([kind, of]) => [kind, { facts: of }])),
    corrections: Object.fromEntries(Object.entries(said).map(([kind, of]) => [kind, { facts: of }])),
  }) as unknown as TrackResource;

const optionsOf = (out: string, options: Partial<TagOptions> = {}): TagOptions => ({
  ...{ dir: join(folder, out), kinds: [Tempo, Key, Tags], notation: "musical", wordsTo: undefined },
  ...options,
});

/** Masters as the API would send them. */
const mastersAt = (path: string | null) => ({
  async downloadMaster(_id: string, to: string) {
    if (path !== null) await copyFile(path, to);
    return path !== null;
  },
});

/** Two seconds of sound that has a title, and a picture where the format takes one. */
async function makeFile(name: string, args: readonly string[], withPicture: boolean): Promise<string> {
  const path = join(folder, name);
  const picture = ["-f", "lavfi", "-i", "color=red:s=32x32:d=0.04"];
  const attached = ["-map", "1", "-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic"];
  await runFfmpeg([
    ...["-f", "lavfi", "-i", "sine=440:d=2", ...(withPicture ? picture : []), "-map", "0"],
    ...[...(withPicture ? attached : []), "-metadata", "title=Söng", "-metadata", "genre=Old", ...args],
    ...["-y", path],
  ]);
  return path;
}

/** What ffmpeg reads of a file's tags, by names in small letters. */
async function readBack(path: string): Promise<Record<string, string>> {
  let text = "";
  const ofStream = /\.(ogg|opus)$/.test(path) ? ["-map_metadata", "0:s:a:0"] : [];
  await runFfmpeg(["-i", path, "-map", "0:a", "-c", "copy", ...ofStream, "-f", "ffmetadata", "pipe:1"], {
    onStdout: (chunk) => {
      text += chunk.toString("utf8");
    },
  });
  return Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const [, name, value] = /^([^;=]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined
        ? []
        : [[name.toLowerCase(), value.replace(/\\(.)/g, "$1")]];
    }),
  );
}

async function countPictures(path: string): Promise<number> {
  let bytes = 0;
  await runFfmpeg(["-i", path, "-map", "0:v?", "-c", "copy", "-f", "data", "pipe:1"], {
    onStdout: (chunk) => {
      bytes += chunk.length;
    },
  }).catch(() => {});
  return bytes > 0 ? 1 : 0;
}

const vorbis = { bpm: "127.96", initialkey: "F#m", genre: "techno; fast" };
const id3 = { tbpm: "128", tkey: "F#m", genre: "techno; fast" };

test.each([
  ["song.mp3", ["-c:a", "libmp3lame"], true, id3],
  ["song.flac", [], true, vorbis],
  ["song.ogg", ["-c:a", "libvorbis"], false, vorbis],
  ["song.opus", ["-c:a", "libopus"], false, vorbis],
  ["song.m4a", ["-c:a", "aac"], true, { genre: "techno; fast" }],
  ["song.aiff", ["-write_id3v2", "1"], false, id3],
  ["song.wav", [], false, { ibpm: "128", genre: "techno; fast" }],
  ["song.wv", [], false, { bpm: "127.96", initialkey: "F#m" }],
])(
  "%s has them, and its own; its sound is the same packet by packet",
  async (name, args, withPicture, expected) => {
    const master = await makeFile(`master-${name}`, args, withPicture);
    const before = await readFile(master);
    const tagged = await tagCopy(mastersAt(master), trackOf(name), optionsOf("all", { wordsTo: "genre" }));
    const file = join(folder, "all", name);
    expect(tagged).toMatchObject({ file, bpm: 127.964, key: "F#m", words: ["techno", "fast"] });
    expect(await readBack(file)).toMatchObject({ title: "Söng", ...expected });
    expect(await digestAudio(file)).toBe(await digestAudio(master));
    expect(await countPictures(file)).toBe(withPicture ? 1 : 0);
    expect((await readFile(master)).equals(before)).toBe(true);
  },
);

test("ffmpeg does not tell all: a whole tempo in MP4, and ID3 in a WAV, stand where they belong", async () => {
  const m4a = await readFile(join(folder, "all", "song.m4a"));
  expect(m4a.readUInt16BE(m4a.indexOf("tmpo") + 20)).toBe(128);
  const wav = (await readFile(join(folder, "all", "song.wav"))).toString("latin1");
  expect(wav).toMatch(/ID3 [\s\S]{4}ID3/i);
  expect(wav).toMatch(/TBPM[\s\S]{7}128/);
  expect(wav).toMatch(/TKEY[\s\S]{7}F#m/);
});

test("a key stands in MP4 where players look for it, once, whoever wrote the one before", async () => {
  const master = await makeFile("keys.m4a", ["-c:a", "aac"], false);
  await tagCopy(mastersAt(master), trackOf("once.m4a"), optionsOf("mp4"));
  const once = join(folder, "mp4", "once.m4a");
  await tagCopy(mastersAt(once), trackOf("twice.m4a"), optionsOf("mp4", { notation: "camelot" }));
  const bytes = (await readFile(join(folder, "mp4", "twice.m4a"))).toString("latin1");
  expect(bytes.match(/initialkey/gi)).toEqual(["initialkey"]);
  expect(bytes).toMatch(/com\.apple\.iTunes[\s\S]{1,20}name[\s\S]{4}initialkey[\s\S]{4}data[\s\S]{8}11A/);
});

test("what a person has said is written in the place of what was heard, and where nothing was", async () => {
  const master = await makeFile("said.flac", [], false);
  const { tempo } = facts;
  const said = { tempo: { bpm: 64 }, key: { key: "A", mode: "minor" } };
  const tagged = await tagCopy(mastersAt(master), trackOf("said.flac", { tempo }, said), optionsOf("said"));
  expect(tagged).toMatchObject({ bpm: 64, key: "Am" });
});

test("what is not asked for, or not known, stays as it was; with nothing to write there is no file", async () => {
  const master = await makeFile("kept.flac", ["-metadata", "BPM=90"], false);
  const { tempo: _tempo, ...others } = facts;
  await tagCopy(mastersAt(master), trackOf("kept.flac", others), optionsOf("kept", { notation: "open" }));
  const tags = await readBack(join(folder, "kept", "kept.flac"));
  expect(tags).toMatchObject({ bpm: "90", genre: "Old", initialkey: "4m" });
  const none = await tagCopy(
    mastersAt(master),
    trackOf("none.flac", { tags: facts.tags }),
    optionsOf("kept"),
  );
  expect(none).toMatchObject({ file: null, reason: expect.stringContaining("no tempo, no key") });
  expect(await readdir(join(folder, "kept"))).toEqual(["kept.flac"]);
});

test("no file is overwritten or left behind, and no name leads out of the folder", async () => {
  const master = await makeFile("plain.mp3", ["-c:a", "libmp3lame"], false);
  const first = await tagCopy(mastersAt(master), trackOf("../../odd/.plain.mp3"), optionsOf("names"));
  expect(first.file).toBe(join(folder, "names", "_plain.mp3"));
  const again = await tagCopy(mastersAt(master), trackOf("_plain.mp3"), optionsOf("names"));
  expect(again).toMatchObject({ file: null, reason: "_plain.mp3 is in the folder already" });
  const gone = await tagCopy(mastersAt(null), trackOf("gone.mp3"), optionsOf("names"));
  expect(gone).toMatchObject({ file: null, reason: "its master is not kept any more" });
  const caf = await makeFile("odd.caf", [], false);
  const odd = await tagCopy(mastersAt(caf), trackOf("odd.caf"), optionsOf("names"));
  expect(odd).toMatchObject({ file: null, reason: expect.stringMatching(/format|tags/) });
  // Called otherwise than it is.
  const wrong = await tagCopy(mastersAt(master), trackOf("wrong.wav"), optionsOf("names"));
  expect(await readBack(wrong.file ?? "")).toMatchObject({ tbpm: "128" });
  const text = join(folder, "words.mp3");
  await writeFile(text, "these are words");
  const words = await tagCopy(mastersAt(text), trackOf("words.mp3"), optionsOf("names"));
  expect(words.file).toBeNull();
  expect((await readdir(join(folder, "names"))).toSorted()).toEqual(["_plain.mp3", "wrong.wav"]);
});
