import { createRandom } from "@segue/synth";
import { expect, test } from "vitest";
import { fitLine, meansOfBlocks } from "./fit-line.ts";

const noisy = (slope: number, seed: number) => {
  const random = createRandom(seed);
  return Array.from({ length: 400 }, (_, x) => ({ x, y: 200 + slope * x + random.between(-10, 10) }));
};

test("a line without noise is found exactly", () => {
  const { slope, intercept, slopeMargin } = fitLine([1, 2, 3, 7].map((x) => ({ x, y: 5 - 2 * x })));
  expect(slope).toBeCloseTo(-2, 10);
  expect(intercept).toBeCloseTo(5, 10);
  expect(slopeMargin).toBeCloseTo(0, 6);
});

test("the interval holds the true slope about 95 times of 100", () => {
  const held = Array.from({ length: 200 }, (_, seed) => fitLine(meansOfBlocks(noisy(0.01, seed), 20))).filter(
    ({ slope, slopeMargin }) => Math.abs(slope - 0.01) <= slopeMargin,
  ).length;
  expect(held).toBeGreaterThan(180);
  expect(held).toBeLessThan(200);
});

test("a leak is told from noise", () => {
  const { slope, slopeMargin } = fitLine(meansOfBlocks(noisy(0.05, 1), 20));
  expect(slope - slopeMargin).toBeGreaterThan(0);
});

test("too few points are refused", () => {
  expect(() => fitLine([{ x: 1, y: 1 }])).toThrow(RangeError);
  expect(() => fitLine([1, 2, 3].map((y) => ({ x: 1, y })))).toThrow(RangeError);
});
