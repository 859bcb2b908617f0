import { expect, test } from "vitest";
import { judge, ratioOf } from "../../bench/beside/compare.ts";

/** Rounds of a machine that is busier in some than in others, for both sides, and as noisy as a tenth. */
const rounds = (factor: number) =>
  [1, 3.1, 1.4, 2, 1.1].map((busy, index) => ({
    ours: busy * factor * (1 + (index % 2 ? 0.04 : -0.04)),
    theirs: busy,
  }));

test("a ratio is that of rounds, whatever the machine did in them, with its interval about it", () => {
  const { ratio, low, high } = ratioOf(rounds(1));
  expect(ratio).toBeCloseTo(1, 1);
  expect(low).toBeLessThan(ratio);
  expect(high).toBeGreaterThan(ratio);
  // By R: exp(t.test(log(c(1.1, 1.2, 1.3)))$conf.int)
  const known = ratioOf([1.1, 1.2, 1.3].map((ours) => ({ ours, theirs: 1 })));
  expect(known.ratio).toBeCloseTo(1.1972, 3);
  expect(known.low).toBeCloseTo(0.9725, 1);
  expect(known.high).toBeCloseTo(1.4738, 1);
});

test("a third slower is said to be slower, a third faster faster, and the same neither", () => {
  expect(judge(ratioOf(rounds(1.33)))).toBe("slower");
  expect(judge(ratioOf(rounds(0.67)))).toBe("faster");
  expect(["level", "not told"]).toContain(judge(ratioOf(rounds(1))));
  const even = Array.from({ length: 5 }, (_, n) => ({ ours: 1 + n / 1_000, theirs: 1 }));
  expect(judge(ratioOf(even))).toBe("level");
});

test("a single round tells nothing, and none is an error", () => {
  expect(judge(ratioOf([{ ours: 2, theirs: 1 }]))).toBe("not told");
  expect(() => ratioOf([])).toThrow(RangeError);
  expect(() => ratioOf([{ ours: 0, theirs: 1 }])).toThrow(/above 0/);
});
