import { expect, test } from "vitest";
import { RequestId } from "./ids.ts";
import { acceptedAtMs } from "./object-names.ts";
import { createId, requestIdOf } from "./request-ids.ts";

const now = new Date("2026-03-01T12:00:00.123Z");

test("ids are of version 7, differ, and tell their time", () => {
  const ids = Array.from({ length: 200 }, () => createId(now));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(RequestId.parse(id)).toBe(id);
    expect(acceptedAtMs(id)).toBe(now.getTime());
  }
  const times = [0, 1, 1, 1_000, 1_700_000_000_000, 281_474_976_710_655];
  const inOrder = times.map((ms) => createId(new Date(ms)).slice(0, 13));
  expect(inOrder.toSorted()).toEqual(inOrder);
});

test("what a backfill asks of a track has one id, whoever asks, and another of every other track and backfill", () => {
  const [backfill, other, a, b] = Array.from({ length: 4 }, () => createId(now)) as [
    string,
    string,
    string,
    string,
  ];
  const id = requestIdOf(backfill, a);
  expect(RequestId.parse(id)).toBe(id);
  expect(requestIdOf(backfill, a)).toBe(id);
  expect(new Set([id, requestIdOf(backfill, b), requestIdOf(other, a), requestIdOf(a, backfill)]).size).toBe(
    4,
  );
  expect(acceptedAtMs(id)).toBe(now.getTime());
});
