import { expect, test } from "vitest";
import { visibleRows } from "./visible-rows.ts";

const rowPx = 50;

test("of a hundred thousand rows those are drawn that are seen, with some on each side", () => {
  const { first, end, beforePx, behindPx } = visibleRows(100_000, rowPx, { topPx: 2_500_000, heightPx: 800 });
  expect([first, end]).toEqual([49_992, 50_024]);
  expect(beforePx + (end - first) * rowPx + behindPx).toBe(100_000 * rowPx);
});

test("at the ends nothing is drawn beyond them", () => {
  expect(visibleRows(100, rowPx, { topPx: 0, heightPx: 500 })).toMatchObject({ first: 0, beforePx: 0 });
  expect(visibleRows(100, rowPx, { topPx: 99_999, heightPx: 500 })).toMatchObject({
    first: 100,
    end: 100,
    behindPx: 0,
  });
  expect(visibleRows(0, rowPx, { topPx: 0, heightPx: 500 })).toEqual({
    first: 0,
    end: 0,
    beforePx: 0,
    behindPx: 0,
  });
});
