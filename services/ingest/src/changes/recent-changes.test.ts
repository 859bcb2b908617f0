import type { StoredChange } from "@segue/catalog-db";
import { expect, test } from "vitest";
import { createRecentChanges } from "./recent-changes.ts";

const epoch = "00000000";
const change = (number: number, trackId = "a", owner = "default"): StoredChange => ({
  ...{ number, trackId, owner, type: "step.succeeded", requestId: null, state: "processing" },
  ...{ step: "tempo", code: null, at: "2026-01-01T00:00:00.000Z" },
});
const read = (last: number, ...changes: StoredChange[]) => ({ epoch, goneThrough: 0, last, changes });
const behind = (number: number) => ({ epoch, number });
/** Read as far as 10, and then two changes of track a and one of b, of another owner. */
function filled() {
  const recent = createRecentChanges();
  recent.add(read(10), true);
  recent.add(read(13, change(11, "a"), change(12, "b", "other"), change(13, "a")), true);
  return recent;
}
const numbers = (of: { after: number; limit?: number; trackId?: string; owner?: string }) =>
  filled()
    .read({ limit: 100, ...of })
    ?.changes.map(({ number }) => number);

test("what is behind a place is read from there, whose it is, so many of it", () => {
  expect(numbers({ after: 10 })).toEqual([11, 12, 13]);
  expect(numbers({ after: 11 })).toEqual([12, 13]);
  expect(numbers({ after: 10, limit: 2 })).toEqual([11, 12]);
  expect(numbers({ after: 10, trackId: "a" })).toEqual([11, 13]);
  expect(numbers({ after: 11, owner: "default" })).toEqual([13]);
  expect(numbers({ after: 13 })).toEqual([]);
});

test("what is not here is not told: of before, of after, of another feed", () => {
  expect(numbers({ after: 9 })).toBeUndefined();
  expect(numbers({ after: 14 })).toBeUndefined();
  expect(filled().read({ after: 11, limit: 1, epoch: "ffffffff" })).toBeUndefined();
  expect(createRecentChanges().read({ after: 0, limit: 1 })).toBeUndefined();
});

test("a place is led over what is of others, and no further than to what is waited for", () => {
  const { lead } = filled();
  expect(lead(behind(11), { trackId: "b" })).toBeUndefined();
  expect(lead(behind(12), { trackId: "b" })).toEqual(behind(13));
  expect(lead(behind(10), { trackId: "c" })).toEqual(behind(13));
  expect(lead(behind(10), { owner: "third" })).toEqual(behind(13));
  expect(lead(behind(11), { trackId: "b", owner: "default" })).toEqual(behind(13));
  expect(lead(behind(12), {})).toBeUndefined();
  // As far as was read, or further: it is waited from there.
  expect(lead(behind(13), {})).toEqual(behind(13));
  expect(lead(behind(20), {})).toEqual(behind(20));
});

test("what has to be looked for leads nobody: what was before, and another feed", () => {
  const { lead } = filled();
  expect(lead(behind(9), { trackId: "c" })).toBeUndefined();
  expect(lead({ epoch: "ffffffff", number: 13 }, { trackId: "c" })).toBeUndefined();
  expect(createRecentChanges().lead(behind(3), {})).toEqual(behind(3));
});
