import { expect, test } from "vitest";
import { besideSec, type ReplicaSettings, startSec, wantedReplicas } from "./wanted-replicas.ts";

const settings: ReplicaSettings = {
  ...{ slots: 1, cores: 1, besideSec },
  ...{ waitSec: 60, minReplicas: 0, maxReplicas: null },
};
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
  // One after the other, for what is left of a minute.
  const attemptsEach = (60 - startSec) / (2 + besideSec);
  const all = (replicas: number) => Math.floor(attemptsEach * replicas);
  expect(wanted(all(7), all(7) * 2)).toBe(7);
  expect(wanted(all(7) + 1, (all(7) + 1) * 2)).toBe(8);
  expect(wanted(all(1_000), all(1_000) * 2)).toBe(1_000);
  // Several at once, each on a core of its own.
  expect(wanted(all(8), all(8) * 2, { slots: 4, cores: 4 })).toBe(2);
  // One at a time, on several cores.
  const wideEach = (60 - startSec) / (2 / 4 + besideSec);
  expect(wanted(Math.floor(wideEach * 3), Math.floor(wideEach * 3) * 2, { cores: 4 })).toBe(3);
});

test("attempts that are too short to keep a CPU busy take replicas all the same", () => {
  const eachSec = 60 - startSec;
  expect(wanted(1_000, 1)).toBe(Math.ceil((1_000 * besideSec + 1) / eachSec));
});

test("never more than attempts, nor than are allowed", () => {
  expect(wanted(3, 1_000)).toBe(3);
  expect(wanted(10_000, 1e6, { maxReplicas: 50 })).toBe(50);
  expect(wanted(1, 1, { minReplicas: 3 })).toBe(3);
  expect(wanted(1, 1, { minReplicas: 3, maxReplicas: 2 })).toBe(2);
});

test("a wait that is shorter than a start asks for many, not for all there are", () => {
  expect(wanted(100, 100, { waitSec: 10 })).toBe(Math.ceil((100 * (1 + besideSec)) / 2.5));
});

test("work that comes in evenly is met by as many as keep up with it, and waits as long as it may", () => {
  // Two seconds of work each, ten a second, of which the scaler looks every 15 s: 20 CPUs' worth.
  let waiting = 0;
  let replicas = 0;
  const seen: number[] = [];
  for (let second = 0; second < 3_600; second++) {
    waiting += 10;
    waiting = Math.max(0, waiting - replicas / (2 + besideSec));
    if (second % 15 === 0) replicas = wanted(Math.ceil(waiting), waiting * 2);
    if (second > 1_800) seen.push(waiting / 10);
  }
  expect(replicas).toBeGreaterThanOrEqual(22);
  expect(replicas).toBeLessThanOrEqual(27);
  expect(Math.max(...seen)).toBeLessThanOrEqual(60);
});
