import { expect, test } from "vitest";
import { beatsOf, between } from "./beats.ts";

test("beats are the same in either of the two forms", () => {
  const beatsSec = [0.25, 0.75, 1.25, 1.751];
  expect(beatsOf({ beatsSec })).toEqual(beatsSec);
  expect(beatsOf({ beatsSec: [], beatStepsMs: [250, 500, 500, 501] })).toEqual(beatsSec);
});

test("of a stretch those are in it that are not before it, and before its end", () => {
  const beats = [0, 1, 2, 3, 4];
  expect(between(beats, 1, 3)).toEqual([1, 2]);
  expect(between(beats, 0.5, 0.9)).toEqual([]);
  expect(between(beats, -5, 99)).toEqual(beats);
  expect(between([], 0, 1)).toEqual([]);
});
