import { expect, test } from "vitest";
import { createComparison } from "./compare-facts.ts";

test("facts are compared by path: numbers by how much, others by an example", () => {
  const comparison = createComparison();
  expect(
    comparison.add(
      "t1",
      { bpm: 120, key: "C", curve: [{ a: 1, b: 2 }] },
      { key: "C", bpm: 120, curve: [{ b: 2, a: 1 }] },
    ),
  ).toBe(false);
  expect(comparison.add("t2", { bpm: 120, key: "C" }, { bpm: 121, key: "C" })).toBe(true);
  comparison.add("t3", { bpm: 90, key: "C", beats: [1] }, { bpm: 180, key: "G", beats: [1, 2] });
  expect(comparison.result()).toEqual([
    { path: "bpm", tracks: 2, meanDelta: 45.5, maxDelta: 90, example: { track: "t3", old: 90, new: 180 } },
    { path: "key", tracks: 1, meanDelta: null, maxDelta: null, example: { track: "t3", old: "C", new: "G" } },
    {
      path: "beats",
      tracks: 1,
      meanDelta: null,
      maxDelta: null,
      example: { track: "t3", old: [1], new: [1, 2] },
    },
  ]);
});

test("a fact that one version lacks differs from null; nested facts have dotted paths", () => {
  const comparison = createComparison();
  comparison.add("t1", { tags: { rock: 0.9 } }, { tags: { rock: 0.9, jazz: 0.1 } });
  expect(comparison.result()).toMatchObject([{ path: "tags.jazz", example: { old: null, new: 0.1 } }]);
});
