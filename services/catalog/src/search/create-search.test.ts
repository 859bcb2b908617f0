// A whole catalog, from the queue to what is found; and one that leaves it to others.
import { searchTracks } from "@segue/catalog-db";
import type { News } from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { startWithCloud } from "../fixtures/catalog-with-cloud.ts";
import { chain } from "../fixtures/chain.ts";
import { createSearch, type SearchEvents } from "./create-search.ts";

const patient = { timeout: 60_000 };

test("what comes from the queue is found, and a rebuild that somebody asks for is heard of", async () => {
  const ears: ((news: News | undefined) => void)[] = [];
  const news: NewsSource = { isListening: () => true, onNews: (ear) => void ears.push(ear) };
  await using cloud = await startWithCloud(chain, 60_000, news);
  const { pool } = cloud;
  const order = { by: null, descending: false };
  const wanted = { owner: "default", conditions: [], order, behind: null, limit: 10 };
  const found = async () =>
    (await searchTracks(pool, wanted).catch(() => [])).map(({ id, state }) => [id, state]);
  const tracks = [await cloud.track(0, "one"), await cloud.track(1, "two")];
  for (const track of tracks) await cloud.publish("tracks", track);
  const expected = tracks.map(({ trackId }) => [trackId, "accepted"]).toSorted();
  await expect.poll(async () => (await found()).toSorted(), patient).toEqual(expected);
  await expect.poll(() => cloud.collectMetrics(), patient).toMatch(/^segue_search_rows_total.* 2$/m);
  expect(await cloud.collectMetrics()).toMatch(/^segue_search_behind_seconds/m);
  await pool.query("update search_tracks set state = 'lost'");
  await pool.query("insert into search_rebuilds default values");
  for (const ear of ears) ear({ v: 1, type: "SearchWanted" });
  await expect.poll(async () => (await found()).toSorted(), patient).toEqual(expected);
});

test("a turn that fails is told of, and tried again; one that is not to work asks nothing", async () => {
  const { log } = createTelemetry({ service: "catalog", level: "silent" });
  let failures = 0;
  const failed = Promise.withResolvers<void>();
  const events: SearchEvents = {
    searchKept: () => expect.unreachable(),
    searchFailed() {
      failures += 1;
      if (failures === 2) failed.resolve();
    },
  };
  let connections = 0;
  const pool = {
    async connect() {
      connections += 1;
      throw new Error("the database is away");
    },
    async end() {},
  };
  const paces = { shortestMs: 1, longestMs: 1_000, busyMs: 1, retryMs: 1 };
  const start = (isOn: boolean) => {
    const search = createSearch({ pool: pool as never, isOn, chain, events, log, paces });
    search.start();
    return search;
  };
  const off = start(false);
  off.note([]);
  await off.stop();
  expect(connections).toBe(0);
  const on = start(true);
  await failed.promise;
  await on.stop();
  expect(failures).toBeGreaterThan(1);
});
