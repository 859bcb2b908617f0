import { expect, test } from "vitest";
import { type ReplicaSettings, startSec, wantedReplicas } from "./wanted-replicas.ts";

const settings: ReplicaSettings = { cores: 1, waitSec: 60, minReplicas: 0, maxReplicas: null };
const wanted = (attempts: number, cpuSec: number, changes: Partial<ReplicaSettings> = {}) =>
  wantedReplicas({ attempts, cpuSec }, { ...settings, ...changes });

test("nothing waits: none, or as many as are to be kept", () => {
  expect(wanted(0, 0)).toBe(0);
  expect(wanted(0, 0, { minReplicas: 2 })).toBe(2);
});

test("anything that waits has a replica, however small it is", () => {
  expect(wanted(1, 0.001)).toBe(1);
  expect(wanted(1, 0)).toBe(1);
});

test("as many as have begun all of it in time, starting included", () => {
  // 80 % of a CPU for what is left of a minute.
  const each = 0.8 * (60 - startSec);
  expect(wanted(10_000, each * 7)).toBe(7);
  expect(wanted(10_000, each * 7 + 1)).toBe(8);
  expect(wanted(10_000, each * 8, { cores: 4 })).toBe(2);
  expect(wanted(10_000, each * 1_000)).toBe(1_000);
});

test("never more than attempts, nor than are allowed", () => {
  expect(wanted(3, 1_000)).toBe(3);
  expect(wanted(10_000, 1e6, { maxReplicas: 50 })).toBe(50);
  expect(wanted(1, 1, { minReplicas: 3 })).toBe(3);
  expect(wanted(1, 1, { minReplicas: 3, maxReplicas: 2 })).toBe(2);
});

test("a wait that is shorter than a start asks for many, not for all there are", () => {
  expect(wanted(10_000, 100, { waitSec: 10 })).toBe(50);
});

test("work that comes in evenly is met by as many as keep up with it, and waits as long as it may", () => {
  // Two seconds of work each, ten a second, of which the scaler looks every 15 s: 20 CPUs' worth.
  let waiting = 0;
  let replicas = 0;
  const seen: number[] = [];
  for (let second = 0; second < 3_600; second++) {
    waiting += 10;
    waiting = Math.max(0, waiting - (replicas * 0.8) / 2);
    if (second % 15 === 0) replicas = wanted(Math.ceil(waiting), waiting * 2);
    if (second > 1_800) seen.push(waiting / 10);
  }
  expect(replicas).toBeGreaterThanOrEqual(24);
  expect(replicas).toBeLessThanOrEqual(28);
  expect(Math.max(...seen)).toBeLessThanOrEqual(60);
});
