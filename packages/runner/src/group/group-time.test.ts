import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { CpuSlots } from "../handler-parts.ts";
import { groupLeaseMs, groupLimitsOf, startGroupTime } from "./group-time.ts";

const never = new AbortController().signal;
const free: CpuSlots = { acquire: async () => ({ [Symbol.dispose]() {} }) };
const taken: CpuSlots = {
  async acquire(signal) {
    await once(signal, "abort");
    throw signal.reason;
  },
};
const long = 3_600_000;

test("a group that waits for its first core has all of its time still", async () => {
  const time = startGroupTime(never, { groupMs: 1, deliveryMs: long });
  await sleep(5);
  expect(time.over.aborted).toBe(false);
  await time.slotsOf(free).acquire(never, "live");
  await expect.poll(() => time.over.aborted).toBe(true);
});

test("it is over when the delivery came long ago, whatever has begun", async () => {
  const time = startGroupTime(never, { groupMs: long, deliveryMs: 1 });
  await expect.poll(() => time.over.aborted).toBe(true);
});

test("it is over when the worker drains", () => {
  const draining = new AbortController();
  const time = startGroupTime(draining.signal, groupLimitsOf(long));
  expect(time.over.aborted).toBe(false);
  draining.abort();
  expect(time.over.aborted).toBe(true);
});

test("what follows waits for a core no longer than that; the first step waits as long as it takes", async () => {
  const time = startGroupTime(never, { groupMs: long, deliveryMs: 10 });
  const stopping = new AbortController();
  const first = time.slotsOf(taken).acquire(stopping.signal, "live");
  const isWaiting = Symbol();
  expect(await Promise.race([first.catch((error) => error), sleep(40, isWaiting)])).toBe(isWaiting);
  stopping.abort(new Error("it drains"));
  await expect(first).rejects.toThrow("it drains");
  await time.slotsOf(free).acquire(never, "live");
  await expect(time.slotsOf(taken).acquire(never, "live")).rejects.toThrow(/timeout/);
});

test("one that goes on for longer has its delivery, and its lease, for longer", () => {
  const usual = groupLimitsOf(8_000);
  expect(usual).toEqual({ groupMs: 8_000, deliveryMs: 30_000 });
  expect(groupLeaseMs(usual)).toBe(60_000);
  const patient = groupLimitsOf(600_000);
  expect(patient.deliveryMs).toBeGreaterThanOrEqual(600_000);
  expect(groupLeaseMs(patient)).toBeGreaterThan(patient.deliveryMs);
});
