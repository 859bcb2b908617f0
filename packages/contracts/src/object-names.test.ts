import { expect, test } from "vitest";
import {
  backfillObjectName,
  readAskedName,
  readAskingTrack,
  readSortingId,
  requestObjectName,
  seriesPrefixes,
  trackObjectName,
} from "./object-names.ts";
import { createId } from "./request-ids.ts";

const ids = Array.from({ length: 50 }, (_, n) => createId(new Date(1_750_000_000_000 + n)));
const [requestId = "", trackId = ""] = ids;
const isInASeries = (name: string) => seriesPrefixes.some((prefix) => name.startsWith(prefix));

test("tracks, replays and backfills are in the series, and sorted by their own ids", () => {
  for (const id of ids) {
    const names = [
      trackObjectName(id),
      requestObjectName({ requestId: id, trackId, cause: "replay" }),
      backfillObjectName(id, "requested"),
      backfillObjectName(id, { steeredAt: "2026-01-01T00:00:00.000Z" }),
    ];
    expect(names.map(readAskedName)).toEqual(["track", "request", "backfill", "backfill"]);
    expect(names.map(readSortingId)).toEqual([id, id, id, id]);
    expect(names.map(readAskingTrack)).toEqual([undefined, trackId, undefined, undefined]);
    expect(names.every(isInASeries)).toBe(true);
    expect(new Set(names).size).toBe(names.length);
  }
  expect(new Set(ids.map((id) => trackObjectName(id).slice(0, 2))).size).toBeGreaterThan(5);
});

test("items of a backfill are requests that are in no series", () => {
  const name = requestObjectName({ requestId, trackId, cause: "backfill" });
  expect(readAskedName(name)).toBe("request");
  expect(isInASeries(name)).toBe(false);
});

test("records, jobs and what keys were used for are none of these", () => {
  for (const what of ["", ".job", ".request", ".answer"])
    expect(readAskedName(`${"a".repeat(64)}${what}.json`)).toBeUndefined();
  expect(readSortingId("a-no-id.track.json")).toBeUndefined();
});
