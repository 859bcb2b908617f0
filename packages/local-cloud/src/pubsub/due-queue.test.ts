import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DueQueue } from "./due-queue.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

it("hands out items at their times, in order, with one timer and none when empty", () => {
  const due: string[] = [];
  const queue = new DueQueue<string>((items) => due.push(...items), Date.now);
  for (const [ms, item] of [
    [300, "c"],
    [100, "a"],
    [200, "b"],
    [100, "a2"],
  ] as const) {
    queue.add(ms, item);
  }
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(99);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(due.sort()).toEqual(["a", "a2"]);
  vi.advanceTimersByTime(200);
  expect(due).toEqual(["a", "a2", "b", "c"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("waits for times beyond what a timer can hold", () => {
  const due: string[] = [];
  const queue = new DueQueue<string>((items) => due.push(...items), Date.now);
  const days31Ms = 31 * 86_400_000;
  queue.add(days31Ms, "expired");
  vi.advanceTimersByTime(days31Ms - 1);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(due).toEqual(["expired"]);
});
