// Who says whether `segue simulate` comes to what a running fleet does.
import { expect, test } from "vitest";
import { judge, type Part } from "../../bench/simulate/judge.ts";
import { whenCalm } from "../../bench/simulate/when-calm.ts";

const measured = { perMinute: 20, meanSec: 5, medianSec: 4, p95Sec: 9 };
const part = (changes: Partial<Part> = {}): Part => ({
  ...{ name: "evenly", measured, simulated: measured, othersShare: 0.02 },
  ...changes,
});
const calm = [{ name: "alone", othersShare: 0.01 }];

test("each part is held to a fifth, in both directions, and named where it is further off", () => {
  expect(judge(calm, [part(), part({ name: "at once" })])).toEqual({ judged: 6, missed: [], leftOut: [] });
  for (const [figure, off] of [
    ["perMinute", 1.19],
    ["meanSec", 0.81],
  ] as const)
    expect(
      judge(calm, [part({ simulated: { ...measured, [figure]: measured[figure] * off } })]).missed,
    ).toEqual([]);
  for (const [figure, off, words] of [
    ["perMinute", 1.21, "tracks a minute"],
    ["meanSec", 0.79, "mean latency"],
    ["medianSec", 1.3, "median latency"],
  ] as const)
    expect(
      judge(calm, [part({ simulated: { ...measured, [figure]: measured[figure] * off } })]).missed,
    ).toEqual([`evenly, ${words}: simulated is ${off.toFixed(2)} of what was measured`]);
  expect(judge(calm, [part({ simulated: { ...measured, meanSec: Number.NaN } })]).missed).toHaveLength(1);
});

test("the slowest few are held to nothing", () => {
  expect(judge(calm, [part({ simulated: { ...measured, p95Sec: 90 } })]).missed).toEqual([]);
});

test("a part beside which others were at work is left out, and said to be", () => {
  const off = { ...measured, meanSec: 50 };
  expect(judge(calm, [part(), part({ name: "at once", simulated: off, othersShare: 0.3 })])).toEqual({
    judged: 3,
    missed: [],
    leftOut: ["at once: others had 30 % of the machine"],
  });
});

test("where what it was told is of a machine that others were at, nothing is judged", () => {
  const verdict = judge([...calm, { name: "a burst", othersShare: 0.5 }], [part()]);
  expect(verdict).toEqual({
    judged: 0,
    missed: [],
    leftOut: ['all: others had 50 % of the machine during "a burst"'],
  });
});

test("what others were beside is measured again, and the calmest stands", async () => {
  const measureAll = async (tries: number, shares: readonly number[]) => {
    const left = [...shares];
    const busy: number[] = [];
    const measure = async () => ({
      othersShare: left.shift() ?? expect.unreachable("measured once too often"),
    });
    const { othersShare } = await whenCalm(tries, measure, (made) => busy.push(made.othersShare));
    return { othersShare, busy, left };
  };
  expect(await measureAll(3, [0.02, 0.01])).toEqual({ othersShare: 0.02, busy: [], left: [0.01] });
  expect(await measureAll(3, [0.4, 0.05, 0.01])).toEqual({ othersShare: 0.05, busy: [0.4], left: [0.01] });
  expect(await measureAll(3, [0.4, 0.2, 0.3])).toEqual({ othersShare: 0.2, busy: [0.4, 0.2], left: [] });
  expect(await measureAll(1, [0.4, 0.1])).toEqual({ othersShare: 0.4, busy: [], left: [0.1] });
});
