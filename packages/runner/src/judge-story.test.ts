import type { Story } from "@segue/artifacts";
import type { ErrorCode } from "@segue/contracts";
import { expect, test } from "vitest";
import { isExhausted, needsQuarantine } from "./judge-story.ts";

const story = (codes: readonly ErrorCode[], crashes = 0): Story => ({
  crashes,
  entries: codes.map((code) => ({ at: "", worker: "", error: { code, message: "" } })),
});
const times = (count: number, code: ErrorCode) => Array.from({ length: count }, () => code);

test.each([
  [story(times(4, "step-failed")), false],
  [story(times(5, "step-failed")), true],
  [story([...times(4, "step-failed"), ...times(14, "starved")]), false],
  [story(times(500, "starved")), false],
  // Preemptions look like crashes: they count by themselves, and generously.
  [story([...times(9, "worker-crashed"), ...times(4, "step-failed")], 9), false],
  [story(times(10, "worker-crashed"), 10), true],
  // Crashes that quarantine has seen for what they are.
  [story(times(5, "worker-crashed"), 0), true],
])("%j is exhausted after 5 failures: %s", (told, expected) => {
  expect(isExhausted(told, 5)).toBe(expected);
});

test("what may have ended a process runs in one of its own", () => {
  expect(needsQuarantine(story(["step-failed", "time-budget-exceeded", "starved"]))).toBe(false);
  expect(needsQuarantine(story(["step-failed", "memory-budget-exceeded"]))).toBe(true);
  expect(needsQuarantine(story(["worker-crashed"], 1))).toBe(true);
});
