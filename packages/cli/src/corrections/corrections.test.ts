import {
  type CorrectedTrack,
  describeKind,
  Key,
  Pcm,
  type StandingCorrection,
  Tags,
  Tempo,
} from "@segue/contracts";
import { expect, test } from "vitest";
import { renderCorrections } from "./corrections-text.ts";
import { readSaid } from "./read-said.ts";
import { renderTruth } from "./truth-csv.ts";

const kinds = [Pcm, Tempo, Key, Tags].map((kind) => ({ ...describeKind(kind), step: null }));
const said = (...words: string[]) => Object.fromEntries(readSaid(kinds, words));

test("what is said is of kinds, by names that they have", () => {
  expect(said("bpm=128", "Key=A", "mode=minor", "tags=techno, dance")).toEqual({
    tempo: { bpm: 128 },
    key: { key: "A", mode: "minor" },
    tags: { tags: ["techno", "dance"] },
  });
  expect(said("tempo.bpm=none", "camelot=8A")).toEqual({ tempo: { bpm: null }, key: { camelot: "8A" } });
  expect(said("tags=none")).toEqual({ tags: { tags: [] } });
  for (const words of [
    ["bpm"],
    ["=1"],
    ["bpm=fast"],
    ["bpm="],
    ["confidence=1"],
    ["durationSec=1"],
    ["bpm=1", "bpm=2"],
  ])
    expect(() => said(...words), words.join(" ")).toThrow("expected");
});

const standing = (changes: Partial<StandingCorrection>): StandingCorrection => ({
  ...{ number: 1, kind: "tempo", facts: { bpm: 128 }, machine: null, by: "k1", author: null, note: null },
  ...{ at: "2026-01-01T00:00:00.000Z", version: 1, disagreements: [], ...changes },
});
const id = (n: number) => `01900000-0000-7000-8000-00000000000${n}`;
const track = (
  n: number,
  fileName: string | null,
  corrections: CorrectedTrack["corrections"],
): CorrectedTrack => ({
  ...{ id: id(n), url: "", title: null, fileName, corrections },
});
const key = standing({ kind: "key", facts: { key: "F#", mode: "minor", camelot: "11A", openKey: "4m" } });

test("labels are as the accuracy report reads them, and no cell is a formula", () => {
  const { text, rows, withoutTempo } = renderTruth([
    track(1, "one.wav", { tempo: standing({}), key }),
    track(2, '=HYPERLINK("http://x").mp3', { tempo: standing({ facts: { bpm: 97.5 } }) }),
    track(3, "-2+3.wav", { tempo: standing({}) }),
    track(4, "twice.flac", { tempo: standing({}) }),
    track(5, "twice.flac", { tempo: standing({}) }),
    track(6, null, { tempo: standing({}) }),
    track(7, "key.wav", { key }),
    track(8, "none.wav", { tempo: standing({ facts: { bpm: null } }) }),
  ]);
  expect(text.split("\r\n")).toEqual([
    "file,source,groove,bpm,key,mode",
    "one.wav,corrections,,128,F#,minor",
    `${id(2)}.mp3,corrections,,97.5,,`,
    `${id(3)}.wav,corrections,,128,,`,
    `${id(4)}.flac,corrections,,128,,`,
    `${id(5)}.flac,corrections,,128,,`,
    `${id(6)}.bin,corrections,,128,,`,
    "",
  ]);
  expect([rows, withoutTempo]).toEqual([6, 2]);
  for (const cell of text.split(/[,\r\n]+/)) expect(cell).not.toMatch(/^[=+\-@\t]/);
});

test("a table has what people say beside what the machine says, and no escape of a terminal", () => {
  const disagreements = [{ fact: "tempo.bpm", person: 128, machine: 64.02, relation: "half" as const }];
  const lines = renderCorrections([
    track(1, "one\u001b[31m.wav", { tempo: standing({ disagreements, author: "Ada" }), key }),
  ]).split("\n");
  expect(lines[1]).toMatch(/tempo\.bpm +128 +64\.02 \(half\) +Ada/);
  expect(lines[2]).toMatch(/key\.key +F# +agrees +k1/);
  expect(lines.join("")).not.toContain("\u001b");
  expect(renderCorrections([])).toContain("no such corrections");
});
