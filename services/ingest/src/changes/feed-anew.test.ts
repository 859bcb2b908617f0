// A feed that is begun anew, as a rebuild of the catalog does it, while this process has some of the one before.
import { ChangePage } from "@segue/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { happen, insertTrack, trackId } from "../fixtures/feed.ts";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { openEvents } from "../fixtures/read-events.ts";
import { changesTold, createToldNews, type ToldNews } from "../fixtures/told-news.ts";

let api: LocalApi;
let news: ToldNews;
beforeEach(async () => {
  news = createToldNews();
  api = await startLocalApi({}, { news });
});
afterEach(() => api[Symbol.asyncDispose]());

const held = (count: number) => expect.poll(() => api.context.held.count(), { timeout: 30_000 }).toBe(count);
const tell = async (...told: Parameters<typeof happen>[1][]) => {
  await happen(api.pool, ...told);
  news.tell(changesTold);
};
const beginAnew = (epoch: string) => api.pool.query("update change_feed set epoch = $1", [epoch]);
const ask = async (query: string) => {
  const answer = await fetch(`${api.url}/v1/changes${query}`);
  return { status: answer.status, body: (await answer.json()) as unknown };
};
const cursorNow = async () => ChangePage.parse((await ask("?since=now")).body).nextCursor;
/** Somebody has followed for a while, and has gone. */
const followSome = async () => {
  const events = await openEvents(`${api.url}/v1/changes/events`);
  await tell({ track: 1 }, { track: 2 });
  await events.next(2);
  events.leave();
  await held(0);
};

test("whoever begins with it at this moment waits for what follows, in a page as in a stream", async () => {
  await followSome();
  await beginAnew("ffffffff");
  const since = await cursorNow();
  expect(await ask(`?since=${since}&wait=0.1`)).toMatchObject({ status: 200, body: { changes: [] } });
  const page = ask(`?since=${since}&wait=60`);
  const events = await openEvents(`${api.url}/v1/changes/events`);
  await held(2);
  await tell({ track: 3 });
  expect(await events.next(1)).toMatchObject([{ data: { trackId: trackId(3) } }]);
  expect(await page).toMatchObject({ status: 200, body: { changes: [{ trackId: trackId(3) }] } });
  events.leave();
  await held(0);
});

test("a stream alone is not taken for one of the feed before", async () => {
  await followSome();
  await beginAnew("ffffffff");
  const events = await openEvents(`${api.url}/v1/changes/events`);
  await tell({ track: 3 });
  expect(await events.next(1)).toMatchObject([{ data: { trackId: trackId(3) } }]);
  events.leave();
});

test("whoever has waited in the one before is told as soon as anybody has seen the new one", async () => {
  const old = await cursorNow();
  await tell({ track: 1 });
  const page = ask(`?since=${await cursorNow()}&wait=60`);
  const events = await openEvents(`${api.url}/v1/changes/events`);
  await held(2);
  await beginAnew("eeeeeeee");
  expect(await ask(`?since=${await cursorNow()}&wait=0.1`)).toMatchObject({ status: 200 });
  expect(await page).toMatchObject({ status: 410, body: { code: "cursor-expired" } });
  await events.ended();
  expect(await ask(`?since=${old}&wait=60`)).toMatchObject({ status: 410 });
  await held(0);
});

test("a track is waited for over it", async () => {
  await insertTrack(api.pool, 1);
  await followSome();
  const track = fetch(`${api.url}/v1/tracks/${trackId(1)}?wait=60`).then((answer) => answer.json());
  await held(1);
  for (const epoch of ["eeeeeeee", "ffffffff"]) {
    await beginAnew(epoch);
    await tell({ track: 1 });
  }
  await tell({ track: 1, type: "track.done", state: "done" });
  expect(await track).toMatchObject({ id: trackId(1), state: "done" });
});
