import { expect, test } from "vitest";
import { readSeeds, writeSeeds } from "./read-seeds.ts";

test.each([
  ["7", [7]],
  ["1..3", [1, 2, 3]],
  ["3,9,20..22", [3, 9, 20, 21, 22]],
])("%s is seeds", (text, seeds) => {
  expect(readSeeds(text)).toEqual(seeds);
  expect(writeSeeds(seeds)).toBe(text);
});

test.each(["", "x", "1..", "1...3", "-1", "1,,2", "1.5"])("%j is none", (text) => {
  expect(() => readSeeds(text)).toThrow("expected seeds");
});
