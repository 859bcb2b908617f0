import { expect, test } from "vitest";
import { createPace } from "./create-pace.ts";

const { signal } = new AbortController();

function manualClock() {
  let nowMs = 0;
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
    nowMs += ms;
  };
  return { waits, clock: { now: () => nowMs, sleep } };
}

test("more at a time while all goes well, half as many after a refusal", async () => {
  const pace = createPace({ startLimit: 2, maxLimit: 4, clock: manualClock().clock });
  for (let i = 0; i < 20; i++) {
    await pace.enter(signal);
    pace.leave();
  }
  expect(pace.limit).toBe(4);
  await pace.enter(signal);
  pace.leaveRefused(null);
  expect(pace.limit).toBe(2);
});

test("those that are refused together count as one refusal", async () => {
  const pace = createPace({ startLimit: 8, clock: manualClock().clock });
  for (let i = 0; i < 8; i++) await pace.enter(signal);
  for (let i = 0; i < 8; i++) pace.leaveRefused(null);
  expect(pace.limit).toBe(4);
});

test("waits what it is told to, else twice as long after each refusal in a row, within bounds", async () => {
  const { waits, clock } = manualClock();
  const pace = createPace({ clock });
  for (let i = 0; i < 9; i++) {
    await pace.enter(signal);
    pace.leaveRefused(null);
  }
  await pace.enter(signal);
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(pace.leaveRefused(7_000)).toBe(7_000);
  await pace.enter(signal);
  expect(pace.leaveRefused(86_400_000)).toBe(300_000);
});

test("nobody enters beyond the limit, and a waiting one gives up on abort", async () => {
  const pace = createPace({ startLimit: 1, maxLimit: 1, clock: manualClock().clock });
  const abort = new AbortController();
  await pace.enter(signal);
  const second = pace.enter(abort.signal);
  abort.abort(new Error("stop"));
  pace.leave();
  await expect(second).rejects.toThrow("stop");
  await pace.enter(signal);
});
