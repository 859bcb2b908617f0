import { expect, test } from "vitest";
import { calibrationError, reliability, wilson } from "./statistics.ts";

test("an interval is wide for few trials, stays within 0 to 1, and holds the share", () => {
  // The values of R's `binom::binom.confint(x, n, methods = "wilson")`.
  expect(wilson(0.9, 10).low).toBeCloseTo(0.5958, 3);
  expect(wilson(0.9, 10).high).toBeCloseTo(0.9821, 3);
  expect(wilson(1, 10)).toMatchObject({ high: 1 });
  expect(wilson(1, 10).low).toBeCloseTo(0.7225, 3);
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
});

const said = (confidence: number, right: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ confidence, isRight: i < right }));

test("who is right as often as they say has no error, and who is always sure has that of the rest", () => {
  const levels = [1, 3, 5, 7, 9].flatMap((tenths) => said(tenths / 10, tenths, 10));
  expect(calibrationError(levels)).toBeCloseTo(0, 9);
  expect(calibrationError(said(1, 14, 20))).toBeCloseTo(0.3, 9);
});

test("bins hold as many each, by rising confidence", () => {
  const bins = reliability([...said(0.9, 10, 10), ...said(0.1, 0, 10)], 2);
  expect(bins).toEqual([
    { count: 10, meanConfidence: expect.closeTo(0.1), right: 0 },
    { count: 10, meanConfidence: expect.closeTo(0.9), right: 1 },
  ]);
});
