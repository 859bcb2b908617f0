import type { StepError } from "@segue/contracts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lateError, limitTime, mostGivenBackMs } from "./limit-time.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** When, and why, an attempt is ended that waits as `waitedMs` says, of how long it has run. */
function endOf(
  waitedMs: (passedMs: number) => number,
  limitMs = 1_000,
): { readonly atMs: number; readonly error: StepError } {
  const startedAt = performance.now();
  const passed = () => performance.now() - startedAt;
  let end: { atMs: number; error: StepError } | undefined;
  limitTime({
    limitMs,
    waits: { totalMs: () => waitedMs(passed()) },
    text: "too long",
    onOver: (error) => {
      end = { atMs: passed(), error };
    },
  });
  vi.advanceTimersByTime(100_000);
  if (!end) throw new Error("expected an end");
  return end;
}

test("who goes on all the time has its limit, and a wait now and then adds nothing", () => {
  for (const share of [0, 0.1, 0.29]) {
    const { atMs, error } = endOf((passedMs) => passedMs * share);
    expect([share, atMs, error.code]).toEqual([share, 1_000, "time-budget-exceeded"]);
  }
});

test("who starves is given back what it waited, so that it has its limit for itself", () => {
  const { atMs, error } = endOf((passedMs) => passedMs / 2);
  expect(atMs).toBeGreaterThanOrEqual(1_990);
  expect(atMs).toBeLessThanOrEqual(2_000);
  expect(error).toMatchObject({ code: "starved", permanent: false });
});

test("who starved, and then goes on for the rest of its limit, has starved all the same", () => {
  const { atMs, error } = endOf((passedMs) => Math.min(passedMs, 400));
  expect([atMs, error.code]).toEqual([1_400, "starved"]);
});

test("who does nothing but wait is ended after two limits", () => {
  const { atMs, error } = endOf((passedMs) => passedMs);
  expect([atMs, error.code]).toEqual([2_000, "starved"]);
  expect(error.message).toBe("too long; 2000 ms of it it waited for a core, a disk or storage");
});

test("of a long limit no more is given back than a lease has room for", () => {
  const { atMs } = endOf((passedMs) => passedMs, 60_000);
  expect(atMs).toBe(60_000 + mostGivenBackMs);
});

test("who is done is not ended", () => {
  const onOver = vi.fn();
  const limit = limitTime({ limitMs: 1_000, waits: { totalMs: () => 900 }, text: "too long", onOver });
  vi.advanceTimersByTime(1_100);
  limit[Symbol.dispose]();
  vi.advanceTimersByTime(10_000);
  expect(onOver).not.toHaveBeenCalled();
});

test("of another limit of wall time the same is asked", () => {
  expect(lateError("not set up", 60_000, 50_000).code).toBe("starved");
  expect(lateError("not set up", 60_000, 10_000).code).toBe("time-budget-exceeded");
});
