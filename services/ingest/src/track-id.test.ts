import { TrackId } from "@segue/contracts";
import { expect, test } from "vitest";
import { createTrackId } from "./track-id.ts";

test("ids are UUIDs of version 7, unlike each other, and sort by time", () => {
  const ids = [0, 1, 1, 1_000, 1_700_000_000_000, 281_474_976_710_655].map((ms) =>
    createTrackId(new Date(ms)),
  );
  for (const id of ids) expect(TrackId.safeParse(id).success).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  const times = ids.map((id) => id.slice(0, 13));
  expect(times.toSorted()).toEqual(times);
});
