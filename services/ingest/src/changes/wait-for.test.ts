import { ChangePage, News, TrackResource } from "@segue/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { happen, insertTrack, trackId } from "../fixtures/feed.ts";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { changesTold, createToldNews, type ToldNews } from "../fixtures/told-news.ts";

let api: LocalApi;
let news: ToldNews;
beforeEach(async () => {
  news = createToldNews();
  api = await startLocalApi({ SEGUE_STREAMS_AT_ONCE: "30" }, { news });
});
afterEach(() => api[Symbol.asyncDispose]());

const get = async (path: string) => {
  const answer = await fetch(`${api.url}${path}`);
  return { status: answer.status, body: (await answer.json()) as unknown };
};
const track = async (n: number, wait: number) => {
  const { status, body } = await get(`/v1/tracks/${trackId(n)}?wait=${wait}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return TrackResource.parse(body);
};
const changes = async (query: string) => ChangePage.parse((await get(`/v1/changes${query}`)).body);
/** Until so many wait. */
const held = (count: number) => expect.poll(() => api.context.held.count()).toBe(count);
const isOver = async (answer: Promise<unknown>) => (await Promise.race([answer, "not yet"])) !== "not yet";
/** How often the catalogs were told that somebody waits. */
const wanted = async () =>
  News.array()
    .parse(await api.published("news", 0))
    .filter(({ type }) => type === "ChangesWanted").length;
const tell = async (...told: Parameters<typeof happen>[1][]) => {
  await happen(api.pool, ...told);
  news.tell(changesTold);
};

test("a track is answered when it has come to its end, and not for what happens before", async () => {
  await insertTrack(api.pool, 1);
  const answer = track(1, 50);
  await held(1);
  await tell({ track: 1 }, { track: 2, type: "track.done", state: "done" });
  expect(await isOver(answer)).toBe(false);
  await tell({ track: 1, type: "track.done", state: "done" });
  expect(await answer).toMatchObject({ id: trackId(1), state: "done" });
  // One that has ended is answered at once.
  expect((await track(1, 50)).state).toBe("done");
  await held(0);
});

test("at the end of the wait it is answered with what there is, and one that is not there at once", async () => {
  await insertTrack(api.pool, 1);
  expect((await track(1, 0.2)).state).toBe("accepted");
  expect(await get(`/v1/tracks/${trackId(9)}?wait=50`)).toMatchObject({ status: 404 });
  for (const wait of ["61", "-1", "soon"])
    expect(await get(`/v1/tracks/${trackId(1)}?wait=${wait}`)).toMatchObject({ status: 400 });
});

test("twenty who wait cost the database what one does, and hear of one thing together", async () => {
  const { nextCursor } = await changes("?since=now");
  const answers = Array.from({ length: 20 }, () => changes(`?since=${nextCursor}&wait=50`));
  await held(20);
  await expect.poll(wanted).toBe(1);
  await tell({ track: 1 });
  for (const answer of answers)
    expect(await answer).toMatchObject({ changes: [{ trackId: trackId(1) }], hasMore: false });
  await held(0);
  const again = Array.from({ length: 20 }, () =>
    changes(`?since=${nextCursor}&limit=1&wait=50`).then((page) =>
      changes(`?since=${page.nextCursor}&wait=50`),
    ),
  );
  await held(20);
  const before = api.statements();
  await tell({ track: 2 }, { track: 3 });
  for (const answer of again) expect((await answer).changes).toHaveLength(2);
  // Of them two are the test's own; the others look once for all, and once more where it was told while they looked.
  expect(api.statements() - before).toBeLessThanOrEqual(2 + 3);
});

test("that somebody waits is told to the catalogs, once for many", async () => {
  await Promise.all([1, 2, 3].map(() => changes("?since=now&wait=3")));
  await expect.poll(wanted).toBe(1);
});

test("more than may wait are refused, and the place of one who has gone away is free", async () => {
  const leaving = new AbortController();
  const waiting = Array.from({ length: 30 }, () =>
    fetch(`${api.url}/v1/changes?since=now&wait=50`, { signal: leaving.signal }).catch(() => "left"),
  );
  await held(30);
  expect(await get("/v1/changes?wait=50")).toMatchObject({
    status: 429,
    body: { code: "too-many-streams", detail: expect.stringContaining("fewer than 30") },
  });
  expect(await get("/v1/changes")).toMatchObject({ status: 200 });
  leaving.abort();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["left"]));
  await held(0);
  expect(await get("/v1/changes?wait=0.1")).toMatchObject({ status: 200 });
});

test("how long somebody has waited is no time of the API's, and who waits is a figure", async () => {
  await changes("?since=now&wait=0.1");
  await changes("?since=now");
  const metrics = await api.collectMetrics();
  expect(metrics).toMatch(/^segue_api_held_requests\{.*\} 0/m);
  expect(metrics).toMatch(/^segue_api_requests_total\{.*route="\/v1\/changes".*\} 2/m);
  expect(metrics).toMatch(/^segue_api_request_duration_seconds_count\{.*route="\/v1\/changes".*\} 1/m);
});

test("a drain answers who waits with what there is", async () => {
  await insertTrack(api.pool, 1);
  const answers = [track(1, 50), changes("?since=now&wait=50")] as const;
  await held(2);
  api.context.held.end();
  expect((await answers[0]).state).toBe("accepted");
  expect((await answers[1]).changes).toEqual([]);
});

test("news that are lost cost some seconds, and while the database is away a track's wait goes on to its end", async () => {
  const { nextCursor } = await changes("?since=now");
  const answer = changes(`?since=${nextCursor}&wait=50`);
  await held(1);
  await happen(api.pool, { track: 5 });
  expect((await answer).changes).toMatchObject([{ trackId: trackId(5) }]);
  const accepted = await fetch(`${api.url}/v1/tracks`, {
    method: "POST",
    body: "some bytes",
    headers: { "content-type": "audio/mpeg" },
  });
  const { id } = TrackResource.pick({ id: true }).parse(await accepted.json());
  await api.stopDatabase();
  const startedAt = performance.now();
  const { status, body } = await get(`/v1/tracks/${id}?wait=1.5`);
  expect([status, body]).toEqual([200, expect.objectContaining({ degraded: expect.anything() })]);
  expect(performance.now() - startedAt).toBeGreaterThan(1_400);
});
