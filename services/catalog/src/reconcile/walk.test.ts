import { lowestTrackId } from "@segue/contracts";
import { expect, test } from "vitest";
import { createWalk } from "./walk.ts";

const lowest = "00000000-0000-0000-0000-000000000000";
const at = (min: number) => new Date(Date.UTC(2026, 0, 1) + min * 60_000);

test("a walk goes on where it was, over the last hour again every so often, and over everything once an hour", () => {
  const walk = createWalk(120_000);
  expect(walk.from(at(0))).toBe(lowest);
  const seen = lowestTrackId(at(-1));
  walk.passed(seen);
  expect(walk.from(at(1))).toBe(seen);
  walk.passed(undefined);
  expect(walk.from(at(1.5))).toBe(seen);
  expect(walk.from(at(2))).toBe(lowestTrackId(at(-58)));
  walk.passed(seen);
  expect(walk.from(at(3))).toBe(seen);
  expect(walk.from(at(60))).toBe(lowest);
  // It has not come as far as an hour ago: nothing is passed over.
  walk.passed(lowestTrackId(at(-600)));
  expect(walk.from(at(62))).toBe(lowestTrackId(at(-600)));
});
