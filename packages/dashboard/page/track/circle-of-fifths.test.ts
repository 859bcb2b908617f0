import { expect, test } from "vitest";
import { nameOf, nearnessOf, type Segment, segmentOf, segmentPath } from "./circle-of-fifths.ts";

const at = (key: string, mode: string): Segment => segmentOf(key, mode) ?? expect.unreachable();

test("keys stand by fifths, and a minor key with the major one that has its notes", () => {
  expect(at("C", "major")).toEqual({ place: 0, ring: "major" });
  expect(at("G", "major").place).toBe(1);
  expect(at("F", "major").place).toBe(11);
  expect(at("A", "minor")).toEqual({ place: 0, ring: "minor" });
  for (const [flat, sharp] of ["Db C#", "Eb D#", "Gb F#", "Ab G#", "Bb A#"].map((pair) => pair.split(" ")))
    expect(at(flat ?? "", "minor")).toEqual(at(sharp ?? "", "minor"));
  expect(segmentOf("H", "major")).toBeUndefined();
  expect(segmentOf("C", "dorian")).toBeUndefined();
});

test("a place is called as people write it", () => {
  expect(nameOf(at("C#", "major"))).toBe("D♭");
  expect(nameOf(at("F#", "minor"))).toBe("F♯m");
});

test("near are the fifths on both sides, and the relative key", () => {
  const c = at("C", "major");
  const near = ["G", "F"].map((key) => nearnessOf(c, at(key, "major")));
  expect([...near, nearnessOf(c, at("A", "minor"))]).toEqual(["near", "near", "near"]);
  expect(nearnessOf(c, c)).toBe("same");
  expect([nearnessOf(c, at("D", "major")), nearnessOf(c, at("E", "minor"))]).toEqual([null, null]);
});

test("the part at the top is in the middle above", () => {
  const path = segmentPath({ place: 0, ring: "major" }, 50, 100);
  const [, x = "", y = ""] = /^M (-?[\d.]+) (-?[\d.]+)/.exec(path) ?? [];
  expect(Math.hypot(Number(x), Number(y))).toBeCloseTo(100, 1);
  expect([Number(x) < 0, Number(y) < 0]).toEqual([true, true]);
});
