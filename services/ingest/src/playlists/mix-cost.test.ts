import { expect, test } from "vitest";
import { courseCost, keyRelation, type Mixable, mixOf, tempoChange } from "./mix-cost.ts";

const plain = { harmonic: false, octaves: false };
const track = (changes: Partial<Mixable> = {}): Mixable => ({
  ...{ bpm: 120, camelot: "8A", loudness: -10, energy: 0.5 },
  ...changes,
});
const costOf = (from: Partial<Mixable>, to: Partial<Mixable>, rules = plain) =>
  mixOf(track(from), track(to), rules)?.cost ?? Number.POSITIVE_INFINITY;

test("nothing that changes costs nothing; each change costs by itself, and the more the larger it is", () => {
  expect(mixOf(track(), track(), plain)).toEqual({
    ...{ tempoPercent: 0, key: "same", loudnessLu: 0, energy: 0, cost: 0 },
  });
  expect(costOf({}, { bpm: 123.6 })).toBeCloseTo(1, 9);
  expect(costOf({}, { loudness: -7 })).toBeCloseTo(1, 9);
  expect(costOf({}, { energy: 0.8 })).toBeCloseTo(1, 9);
  const rising = [120, 121, 124, 128, 140].map((bpm) => costOf({}, { bpm }));
  expect(rising).toEqual(rising.toSorted((a, b) => a - b));
  expect(costOf({}, { bpm: 124 })).toBeGreaterThan(costOf({ bpm: 124 }, { bpm: 124 }));
});

test("keys by their way on the wheel", () => {
  const relations = ["8A", "7A", "9A", "8B", "9B", "10A", "2A", null, "x"].map((to) => keyRelation("8A", to));
  expect(relations).toEqual([
    ...["same", "neighbour", "neighbour", "relative", "other", "other", "other", "unknown", "unknown"],
  ]);
  expect(keyRelation("12A", "1A")).toBe("neighbour");
  expect(costOf({}, { camelot: "10A" })).toBeGreaterThan(costOf({}, { camelot: "9A" }));
  expect(costOf({}, { camelot: "2A" })).toBeGreaterThan(costOf({}, { camelot: "10A" }));
  const harmonic = { ...plain, harmonic: true };
  for (const camelot of ["9B", "10A", null])
    expect(mixOf(track(), track({ camelot }), harmonic)).toBeUndefined();
  expect(mixOf(track(), track({ camelot: "9A" }), harmonic)?.key).toBe("neighbour");
});

test("half and double of a tempo are the same where that is asked for", () => {
  expect(tempoChange(62, 124, true)).toBeCloseTo(0, 9);
  expect(tempoChange(62, 124, false)).toBeCloseTo(100, 9);
  expect(tempoChange(120, 63, true)).toBeCloseTo(5, 9);
  expect(courseCost(60, 120, true)).toBeCloseTo(0, 9);
  expect(courseCost(60, 120, false)).toBeGreaterThan(10);
});

test("what is not known costs more than what fits, and less than what does not", () => {
  const none = { bpm: null, camelot: null, loudness: null, energy: null };
  for (const name of ["bpm", "camelot", "loudness", "energy"] as const)
    expect(costOf({}, { [name]: null })).toBeGreaterThan(0);
  expect(costOf({}, none)).toBeLessThan(costOf({}, { bpm: 200, camelot: "2B", loudness: -40, energy: 0 }));
  expect(mixOf(track(), track(none), plain)).toMatchObject({
    ...{ tempoPercent: null, key: "unknown", loudnessLu: null, energy: null },
  });
  expect(tempoChange(0, 120, true)).toBeNull();
});
