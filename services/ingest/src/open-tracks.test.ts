import { createLogger } from "@segue/telemetry";
import { expect, test } from "vitest";
import { createOpenTracks } from "./open-tracks.ts";

const log = createLogger({ service: "test", level: "silent" });

test("counts what the catalog knows and what it can't know yet, once a second at most", async () => {
  let now = 0;
  let asked = 0;
  let catalog = { open: 1, latestAcceptedAt: new Date(1_000) };
  const tracks = createOpenTracks({
    limit: 3,
    log,
    now: () => now,
    count: async () => {
      asked += 1;
      return catalog;
    },
  });
  // Already known to the catalog, and not.
  tracks.accepted(new Date(1_000));
  tracks.accepted(new Date(1_001));
  expect(tracks.isFull()).toBe(false);
  await Promise.resolve();
  tracks.accepted(new Date(1_002));
  expect(tracks.isFull()).toBe(true);
  expect(asked).toBe(1);
  // The catalog has caught up, and one has ended.
  now = 1_000;
  catalog = { open: 2, latestAcceptedAt: new Date(1_002) };
  expect(tracks.isFull()).toBe(true);
  await Promise.resolve();
  expect(tracks.isFull()).toBe(false);
  expect(asked).toBe(2);
});

test("while the database is away the last figure holds, and what is accepted is added to it", async () => {
  let now = 0;
  let away = false;
  const tracks = createOpenTracks({
    limit: 3,
    log,
    now: () => now,
    count: async () => {
      if (away) throw new Error("connection refused");
      return { open: 2, latestAcceptedAt: new Date(0) };
    },
  });
  tracks.isFull();
  await Promise.resolve();
  away = true;
  now = 5_000;
  expect(tracks.isFull()).toBe(false);
  await Promise.resolve();
  tracks.accepted(new Date(5_000));
  expect(tracks.isFull()).toBe(true);
});
