import { expect, test } from "vitest";
import { columnsOf, queryOf, sayFact, sayName, sayOthers, termsOf } from "./search-terms.ts";

test("a link says what was asked for, and nothing else", () => {
  const query =
    "words=a+b%2Bc&bpm=120..128&key=8A&tags=dance%3A0.5&where=aac.codec%3Daac&sort=-loudness&octaves=true&harmonic=true";
  const terms = termsOf(query);
  expect(terms).toMatchObject({ words: "a b+c", bpm: "120..128", octaves: true, harmonic: true });
  expect(new URLSearchParams(queryOf(terms))).toEqual(new URLSearchParams(query));
  expect(queryOf(termsOf(""))).toBe("");
  expect(queryOf(termsOf("bpm=%20&octaves=no&limit=7&cursor=x"))).toBe("");
});

test("what a link asks for that has no field is said, and stays", () => {
  const query = "words=a&state=failed&duration=180..&state=done";
  const terms = termsOf(query);
  expect(sayOthers(terms)).toBe("state failed, duration 180.., state done");
  expect(queryOf({ ...terms, words: "b" })).toBe("words=b&state=failed&duration=180..&state=done");
  expect(sayOthers(termsOf("words=a&limit=1"))).toBe("");
  expect(queryOf({ ...terms, others: "" })).toBe("words=a");
});

test("whatever facts there are have a column, and cells have words", () => {
  const track = {
    ...{ id: "01900000-0000-7000-8000-000000000001", url: "", state: "done", title: null },
    ...{ fileName: null, acceptedAt: "2026-01-01T00:00:00.000Z" },
  };
  const tracks = [
    { ...track, facts: { bpm: 119.968, tags: ["drums", "bass"] } },
    { ...track, facts: { bpm: 60, stems: true } },
  ];
  expect(columnsOf(tracks)).toEqual(["bpm", "tags", "stems"]);
  expect([119.968, ["drums", "bass"], true, null, { a: 1 }, "8A"].map(sayFact)).toEqual([
    ...["119.97", "drums, bass", "yes", "", "", "8A"],
  ]);
  expect(["durationSec", "tempo.bpm", "sizeBytes"].map(sayName)).toEqual([
    "duration sec",
    "bpm",
    "size bytes",
  ]);
});
