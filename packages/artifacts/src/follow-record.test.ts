import { type ArtifactRecord, type Attempt, createId, isMadeFor } from "@segue/contracts";
import { expect, test } from "vitest";
import { followRecord, tellsOf } from "./follow-record.ts";

const at = (sec: number) => new Date(Date.UTC(2026, 0, 1) + sec * 1_000).toISOString();
const attempt = (fromSec: number, toSec: number, worker = "a:1"): Attempt => ({
  worker,
  startedAt: at(fromSec),
  finishedAt: at(toSec),
  durationMs: (toSec - fromSec) * 1_000,
  deliveryAttempt: 1,
  cpuMs: null,
  gpuMs: null,
  earlier: [],
});
const record = (facts: object, made: Attempt, requestId: string): ArtifactRecord =>
  ({
    ...{ v: 1, address: "a".repeat(64), kind: "tempo", step: { name: "tempo", version: 1 }, inputs: {} },
    ...{ outcome: { status: "succeeded", facts, payload: null }, attempt: made, requestId },
  }) as ArtifactRecord;
const failed = (made: Attempt, requestId: string): ArtifactRecord => ({
  ...record({}, made, requestId),
  outcome: { status: "failed", error: { code: "step-failed", message: "x" } },
});

test("what follows another record ends after it, though its own clock is behind, or it took longer to write; it took as long as it did", () => {
  const first = record({ bpm: 60 }, attempt(600, 604, "ahead:1"), "one");
  const second = followRecord(first, record({ bpm: 120 }, attempt(10, 13), "two"));
  expect(second).toMatchObject({ outcome: { facts: { bpm: 120 } }, earlierRequestIds: ["one"] });
  expect(second.attempt).toEqual({ ...attempt(10, 13), startedAt: at(601.001), finishedAt: at(604.001) });
  const third = followRecord(second, record({ bpm: 90 }, attempt(700, 701), "three"));
  expect(third.attempt).toEqual(attempt(700, 701));
});

test("a failure after a success is of later than that, and so is what follows both", () => {
  const first = record({ bpm: 60 }, attempt(0, 100), "one");
  const second = followRecord(first, failed(attempt(50, 60), "two"));
  expect(second).toMatchObject({
    outcome: { status: "succeeded" },
    attempt: { finishedAt: at(100) },
    laterFailure: { attempt: { finishedAt: at(100.001) } },
  });
  const third = followRecord(second, record({ bpm: 90 }, attempt(70, 80), "three"));
  expect(third.attempt?.finishedAt).toBe(at(100.002));
});

test("what was written, though its answer was lost, is known again", () => {
  const first = record({ bpm: 60 }, attempt(600, 604, "ahead:1"), "one");
  const own = record({ bpm: 120 }, attempt(10, 13), "two");
  const second = followRecord(first, own);
  expect([tellsOf(second, own), tellsOf(first, own)]).toEqual([true, false]);
});

test("the first one is as it is", () => {
  const first = record({ bpm: 60 }, attempt(0, 100), "one");
  expect(followRecord(undefined, first)).toBe(first);
});

/** Asked for so many seconds after the attempts begin to be counted. */
const idAt = (sec: number) => createId(new Date(at(sec)));
/** What is made for one after the other, each of these seconds after it was asked for. */
const madeFor = (ids: readonly string[], startedSec: (n: number) => number) =>
  ids.reduce<ArtifactRecord | undefined>((before, id, n) => {
    return followRecord(before, record({ bpm: n }, attempt(startedSec(n), startedSec(n) + 1), id));
  }, undefined);

test("of more requests than are kept by their ids, all that were made before the work for one of the first began are answered", () => {
  const ids = Array.from({ length: 40 }, (_, n) => idAt(n * 10));
  const made = madeFor(ids, (n) => n * 10 + 2);
  expect(made?.earlierRequestIds).toHaveLength(16);
  expect(made && ids.filter((id) => !isMadeFor(made, id))).toEqual([]);
  expect(made && [idAt(41 * 10), idAt(22 * 10 + 5)].map((id) => isMadeFor(made, id))).toEqual([false, false]);
});

test("a request of an API whose clock is ahead answers for none that is made after it", () => {
  const ahead = idAt(86_400);
  const ids = [ahead, ...Array.from({ length: 40 }, (_, n) => idAt(n * 10))];
  const made = madeFor(ids, (n) => n * 10);
  expect(made && isMadeFor(made, idAt(41 * 10))).toBe(false);
});

test("what is kept of those before stays where a failure is beside it, and where the list is short again", () => {
  const ids = Array.from({ length: 20 }, (_, n) => idAt(n * 10));
  const made = madeFor(ids, (n) => n * 10 + 2);
  const beside = followRecord(made, failed(attempt(500, 501), idAt(450)));
  expect(ids.filter((id) => !isMadeFor(beside, id))).toEqual([]);
});
