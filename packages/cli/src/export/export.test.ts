import { defineKind, describeKind, hint, Pcm, Tags, type TrackResource } from "@segue/contracts";
import { csvLine } from "@segue/wording";
import { expect, test } from "vitest";
import { z } from "zod";
import { assetPath } from "./asset-path.ts";
import { sortColumns, trackCells } from "./track-columns.ts";

const pathOf = (file: string, kind: string, contentType: string) =>
  assetPath(file, { kind, contentType, extension: undefined });

test("an asset is called as its file, and no name leads out of the folder", () => {
  expect(pathOf("albums/song.flac", "aac", "audio/mp4")).toBe("albums/song.flac.aac.m4a");
  expect(pathOf("../../etc/passwd", "picture", "image/svg+xml")).toBe("etc/passwd.picture.svg");
  expect(pathOf("/abs/x.wav", "waveform", "application/json; charset=utf-8")).toBe("x.wav.waveform.json");
  expect(pathOf("..", "odd", "application/x-odd")).toBe("track.odd.bin");
  expect(pathOf("a\u0000b\u001b[2J\udcf6.mp3", "aac", "audio/mp4")).toBe("a_b_[2J_.mp3.aac.m4a");
  expect(assetPath("a.mp3", { kind: "clip", contentType: "audio/mp4", extension: "clip" })).toBe(
    "a.mp3.clip.clip",
  );
  const long = pathOf(`${"ü".repeat(200)}.flac`, "aac", "audio/mp4");
  expect(Buffer.byteLength(long)).toBeLessThan(255);
  expect(long).toMatch(/^ü+\.flac\.aac\.m4a$/);
});

test("cells are quoted as RFC 4180 has it, and no text is a formula", () => {
  expect(csvLine(["a", 'b"c', "d,e", "f\ng", null, -1.5, true])).toBe('a,"b""c","d,e","f\ng",,-1.5,true\r\n');
  expect(csvLine(["=1+1", "@x", "+y", "-z"])).toBe("'=1+1,'@x,'+y,'-z\r\n");
});

const Odd = defineKind({
  name: "odd",
  retention: "derivative",
  payload: null,
  facts: z.object({
    level: z.number(),
    hidden: z.number().meta(hint({ index: "none" })),
    long: z.array(z.number()),
    wanted: z.array(z.number()).meta(hint({ index: "keyword" })),
    plain: z.array(z.object({ a: z.number() })),
    deep: z.object({ er: z.string() }),
  }),
});

test("every fact that its kind has indexed is a cell, and tags are one", () => {
  const many = Array.from({ length: 21 }, (_, n) => n);
  const facts = {
    level: 1,
    hidden: 2,
    long: many,
    wanted: many,
    plain: [{ a: 1 }],
    deep: { er: "x" },
    more: "m",
  };
  const tags = {
    tags: [
      { tag: "bass guitar", score: 0.9 },
      { tag: "drums", score: 0.8 },
    ],
    patches: 9,
  };
  const result = {
    address: "0".repeat(64),
    version: 1,
    current: true,
    recomputing: null,
    failedUpgrade: null,
    asset: null,
    renderings: {},
  };
  const results = {
    odd: { ...result, facts },
    tags: { ...result, facts: tags },
    gone: { ...result, facts: { list: [1, 2] } },
  };
  const track = { id: "1", state: "done", title: null, acceptedAt: "", latencyMs: 1, steps: [], results };
  const kinds = new Map([Odd, Tags].map((kind) => [kind.name, { ...describeKind(kind), step: null }]));
  const cells = trackCells("a.mp3", track as unknown as TrackResource, kinds);
  expect(Object.fromEntries([...cells].slice(7))).toEqual({
    "odd.level": 1,
    "odd.long": undefined,
    "odd.wanted": many.join("; "),
    "odd.deep.er": "x",
    "odd.more": "m",
    "tags.tags": "bass guitar; drums",
    "tags.patches": 9,
    "gone.list": "1; 2",
  });
});

test("a track's warnings are a cell, and what is a list of objects is none where it is empty either", () => {
  const cellsOf = (warnings: readonly object[], plain: readonly object[]) => {
    const results = { pcm: { facts: { channels: 2, warnings } }, odd: { facts: { level: 1, plain } } };
    const track = { id: "1", state: "done", title: null, acceptedAt: "", latencyMs: 1, steps: [], results };
    const kinds = new Map([Odd, Pcm].map((kind) => [kind.name, { ...describeKind(kind), step: null }]));
    return Object.fromEntries([...trackCells("a.mp3", track as unknown as TrackResource, kinds)].slice(7));
  };
  const odd = [
    { code: "truncated", message: "30 s declared; 8 s decoded" },
    { code: "channels-out-of-phase", message: "they are opposite" },
  ];
  expect(cellsOf(odd, [{ a: 1 }])).toEqual({
    "pcm.channels": 2,
    "pcm.warnings": "truncated; channels-out-of-phase",
    "odd.level": 1,
  });
  expect(cellsOf([], [])).toEqual({ "pcm.channels": 2, "pcm.warnings": "", "odd.level": 1 });
});

test("columns begin with the track's own, whatever order tracks come in", () => {
  expect(sortColumns(["tempo.bpm", "id", "key.key"])).toEqual([...sortColumns([]), "key.key", "tempo.bpm"]);
  expect(sortColumns([]).slice(0, 3)).toEqual(["file", "id", "state"]);
});
