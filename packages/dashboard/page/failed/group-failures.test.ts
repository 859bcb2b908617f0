import { expect, test } from "vitest";
import { step, summary } from "../fixtures/summaries.ts";
import { groupFailures } from "./group-failures.ts";

const failed = (name: string, code: string, underlying: { code: string; message: string } | null = null) =>
  step(name, "failed", { code, underlying });

test("tracks are together by step and code, the largest group first", () => {
  const groups = groupFailures([
    summary(3, { steps: [failed("decode", "not-audio")] }),
    summary(2, { steps: [failed("tempo", "too-long"), step("key")] }),
    summary(1, { steps: [failed("decode", "not-audio"), step("tempo", "blocked")] }),
  ]);
  expect(
    groups.map(({ step, code, tracks }) => [step, code, tracks.map(({ fileName }) => fileName)]),
  ).toEqual([
    ["decode", "not-audio", ["3.flac", "1.flac"]],
    ["tempo", "too-long", ["2.flac"]],
  ]);
});

test("what stands behind a code that says only that it was given up is counted", () => {
  const crash = { code: "worker-crashed", message: "m" };
  const slow = { code: "time-budget-exceeded", message: "m" };
  const groups = groupFailures(
    [crash, slow, crash].map((cause, index) =>
      summary(index, { steps: [failed("tempo", "retries-exhausted", cause)] }),
    ),
  );
  expect(groups[0]?.causes).toEqual([
    { code: "worker-crashed", count: 2 },
    { code: "time-budget-exceeded", count: 1 },
  ]);
  const plain = groupFailures([summary(1, { steps: [failed("a", "b", { code: "b", message: "m" })] })]);
  expect(plain[0]?.causes).toEqual([]);
});

test("a track for which two steps have failed is in both groups", () => {
  const both = summary(1, { steps: [failed("tempo", "x"), failed("key", "x")] });
  expect(groupFailures([both]).map(({ step }) => step)).toEqual(["tempo", "key"]);
});
