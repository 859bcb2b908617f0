import { camelotOf } from "@segue/contracts";
import { expect, test } from "vitest";
import { harmonicWith } from "./camelot.ts";

/** The wheel as it is printed. */
const minor = ["Abm", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F#m", "Dbm"];
const major = ["B", "F#", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E"];

test("every key has its place on the wheel", () => {
  expect(minor.map(camelotOf)).toEqual(minor.map((_, n) => `${n + 1}A`));
  expect(major.map(camelotOf)).toEqual(major.map((_, n) => `${n + 1}B`));
});

test("a key may be written in many ways; what is none is none", () => {
  for (const text of ["G# minor", "g#m", "G♯ min", "Ab minor", "a♭m", "G sharp minor", "A-flat minor"])
    expect([text, camelotOf(text)]).toEqual([text, "1A"]);
  for (const text of ["C", "C major", "Cmaj", "c MAJOR", "CM", "8b"])
    expect([text, camelotOf(text)]).toEqual([text, "8B"]);
  expect([camelotOf("Cb"), camelotOf("B#")]).toEqual(["1B", "8B"]);
  for (const text of ["", "H", "13A", "0A", "8C", "A minor minor", "Xm", "am I"])
    expect([text, camelotOf(text)]).toEqual([text, undefined]);
});

test("with a key go its neighbours and its relative, and it with them", () => {
  expect(harmonicWith("12A")).toEqual(["12A", "11A", "1A", "12B"]);
  const all = Array.from({ length: 12 }, (_, n) => [`${n + 1}A`, `${n + 1}B`]).flat();
  for (const one of all) {
    expect(new Set(harmonicWith(one)).size).toBe(4);
    for (const other of harmonicWith(one)) expect(harmonicWith(other)).toContain(one);
  }
});
