import { expect, test } from "vitest";
import { idOf, summary } from "../fixtures/summaries.ts";
import { appendPage, isInReach, queryOf, removeRows, type TrackRows, updateRows } from "./track-rows.ts";

const all = { state: null };
const numbers = ({ tracks }: TrackRows) => tracks.map(({ id }) => Number(id.slice(-12)));
const rowsOf = (ids: readonly number[], nextCursor: string | null = null): TrackRows => ({
  tracks: ids.map((id) => summary(id)),
  nextCursor,
});

test("a page is asked for by state and cursor", () => {
  expect(queryOf(all, null, 200)).toBe("v1/tracks?limit=200");
  expect(queryOf({ state: "failed" }, "a b", 50)).toBe("v1/tracks?limit=50&state=failed&cursor=a+b");
});

test("what came to be there before its page came is there once", () => {
  expect(numbers(appendPage(rowsOf([9, 8, 7], "c"), rowsOf([7, 6])))).toEqual([9, 8, 7, 6]);
  expect(appendPage(rowsOf([9], "c"), rowsOf([8], "d")).nextCursor).toBe("d");
});

test("new tracks come on top, and known ones stay where they are", () => {
  const rows = updateRows(rowsOf([5, 4]), [summary(4, { state: "failed" }), summary(6)], all);
  expect(numbers(rows)).toEqual([6, 5, 4]);
  expect(rows.tracks[2]?.state).toBe("failed");
});

test("one that the filter lets through no more goes; one that it lets through now comes", () => {
  const rows = { tracks: [5, 4].map((id) => summary(id, { state: "processing" })), nextCursor: null };
  const now = [summary(5, { state: "done" }), summary(3, { state: "processing" }), summary(9)];
  expect(numbers(updateRows(rows, now, { state: "processing" }))).toEqual([4, 3]);
});

test("what was deleted is listed no more", () => {
  expect(numbers(removeRows(rowsOf([5, 4, 3]), [idOf(4), idOf(9)]))).toEqual([5, 3]);
});

test("an old track that changes waits for its page", () => {
  expect(numbers(updateRows(rowsOf([5, 4], "more"), [summary(2)], all))).toEqual([5, 4]);
  expect(numbers(updateRows(rowsOf([5, 4]), [summary(2)], all))).toEqual([5, 4, 2]);
  const inReach = [2, 4, 9].map((number) => isInReach(rowsOf([5, 4], "more"), idOf(number)));
  expect(inReach).toEqual([false, true, true]);
});
