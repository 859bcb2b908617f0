import { expect, test } from "vitest";
import { change } from "../fixtures/summaries.ts";
import { countFleet, perMinute, windowMs } from "./fleet-numbers.ts";

const ended = (step: string) => change({ type: "step.succeeded", step });
const failed = (step: string, code: string) => change({ type: "step.failed", step, code });

test("steps are counted by what came of them, failures by cause, the most frequent first", () => {
  const numbers = countFleet(0);
  numbers.note([ended("tempo"), failed("tempo", "a"), failed("decode", "b"), failed("decode", "b")], 1_000);
  const { steps, failures } = numbers.read(2_000);
  expect(steps.get("tempo")).toEqual({ succeeded: 1, failed: 1 });
  expect(failures).toEqual([
    { step: "decode", code: "b", count: 2 },
    { step: "tempo", code: "a", count: 1 },
  ]);
});

test("tracks that come and end are counted, whatever their end", () => {
  const numbers = countFleet(0);
  const types = ["track.accepted", "track.accepted", "track.done", "track.partial", "track.failed", "later"];
  numbers.note(
    types.map((type) => change({ type })),
    0,
  );
  expect(numbers.read(0)).toMatchObject({ accepted: 2, ended: 3 });
});

test("what is older than the time that is looked at counts no more", () => {
  const numbers = countFleet(0);
  numbers.note([ended("tempo")], 0);
  expect(numbers.read(windowMs - 1).steps.size).toBe(1);
  expect(numbers.read(windowMs).steps.size).toBe(0);
});

test("throughput is in slices of ten seconds, the latest last", () => {
  const numbers = countFleet(0);
  numbers.note([ended("a"), ended("a")], 100_000);
  numbers.note([ended("a")], 115_000);
  const { throughput } = numbers.read(115_000);
  expect(throughput).toHaveLength(30);
  expect(throughput.slice(-2)).toEqual([2, 1]);
});

test("a rate is of the time that was seen, and none of a moment", () => {
  expect(countFleet(5_000).read(35_000).seenMs).toBe(30_000);
  expect(countFleet(0).read(9 * windowMs).seenMs).toBe(windowMs);
  expect(perMinute(15, 30_000)).toBe(30);
  expect(perMinute(15, 3_000)).toBeNull();
});
