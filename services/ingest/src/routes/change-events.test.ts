import { connect } from "node:net";
import { EventSource } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forget, happen, insertTrack, trackId } from "../fixtures/feed.ts";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { openEvents } from "../fixtures/read-events.ts";
import { changesTold, createToldNews, type ToldNews } from "../fixtures/told-news.ts";

let api: LocalApi;
let news: ToldNews;
beforeEach(async () => {
  news = createToldNews();
  const streamPaces = { heartbeatMs: 200, stallMs: 1_000, lifeMs: 60_000 };
  api = await startLocalApi({ SEGUE_STREAMS_AT_ONCE: "3" }, { news, streamPaces });
});
afterEach(() => api[Symbol.asyncDispose]());

const open = (path: string, lastEventId?: string) => openEvents(`${api.url}${path}`, lastEventId);
const tell = async (...told: Parameters<typeof happen>[1][]) => {
  await happen(api.pool, ...told);
  news.tell(changesTold);
};
const held = (count: number) => expect.poll(() => api.context.held.count()).toBe(count);

test("what happens comes as it happens, and what was missed comes first to whoever comes back", async () => {
  await happen(api.pool, { track: 1 });
  const events = await open("/v1/changes/events");
  expect(events.answer.headers.get("content-type")).toBe("text/event-stream");
  expect(events.answer.headers.get("content-encoding")).toBeNull();
  await tell({ track: 2 }, { track: 3, type: "track.done", state: "done" });
  const [second, third] = await events.next(2);
  expect([second, third]).toMatchObject([
    { event: "message", data: { type: "step.succeeded", trackId: trackId(2) } },
    { event: "message", data: { type: "track.done", trackId: trackId(3), state: "done" } },
  ]);
  expect(second?.id).toBe(second?.data.cursor);
  events.leave();
  await tell({ track: 4 });
  const again = await open("/v1/changes/events", second?.id);
  expect((await again.next(2)).map(({ data }) => data.trackId)).toEqual([3, 4].map(trackId));
  await tell({ track: 5 });
  expect((await again.next(1)).map(({ data }) => data.trackId)).toEqual([trackId(5)]);
  again.leave();
  await held(0);
});

test("a track's stream begins with the track as it is, and has nothing of others", async () => {
  await insertTrack(api.pool, 1);
  const events = await open(`/v1/tracks/${trackId(1)}/events`);
  const [first] = await events.next(1);
  expect(first).toMatchObject({ event: "track", data: { id: trackId(1), state: "accepted" } });
  await tell({ track: 2 }, { track: 1 }, { track: 2 }, { track: 1, type: "track.done", state: "done" });
  expect((await events.next(2)).map(({ data }) => data.type)).toEqual(["step.succeeded", "track.done"]);
  events.leave();
  const again = await open(`/v1/tracks/${trackId(1)}/events`, first?.id);
  expect((await again.next(3)).map(({ data }) => data.state)).toEqual(["done", "processing", "done"]);
  again.leave();
});

test("a silent stream has comments, and more than may wait are refused in words", async () => {
  const streams = await Promise.all([1, 2, 3].map(() => open("/v1/changes/events")));
  const refused = await fetch(`${api.url}/v1/changes/events`);
  expect([refused.status, await refused.json()]).toEqual([
    429,
    expect.objectContaining({ code: "too-many-streams" }),
  ]);
  const [stream] = streams;
  await tell({ track: 1 });
  await stream?.next(1);
  await expect.poll(() => stream?.next(0).then(() => api.context.held.count())).toBe(3);
  // Reads on until the next event, over what comes meanwhile.
  const next = stream?.next(1);
  await expect.poll(() => stream?.raw()).toMatch(/\n\n:\n\n/);
  await tell({ track: 2 });
  expect(await next).toMatchObject([{ data: { trackId: trackId(2) } }]);
  for (const each of streams) each.leave();
  await held(0);
});

test("what can't be told is refused before anything is: no such track, no cursor, one that is not kept", async () => {
  await happen(api.pool, { track: 1 }, { track: 2 }, { track: 3 });
  const statusOf = async (path: string, id?: string) => (await open(path, id)).answer.status;
  expect(await statusOf(`/v1/tracks/${trackId(9)}/events`)).toBe(404);
  expect(await statusOf("/v1/changes/events?since=nonsense")).toBe(400);
  const page = (await (await fetch(`${api.url}/v1/changes?limit=1`)).json()) as { nextCursor: string };
  await forget(api.pool, 1);
  expect(await statusOf("/v1/changes/events", page.nextCursor)).toBe(410);
  await held(0);
});

test("HEAD has an end, and holds nothing", async () => {
  const { status, headers } = await fetch(`${api.url}/v1/changes/events`, { method: "HEAD" });
  expect([status, headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  await held(0);
});

test("a drain ends streams where nothing is missed, and so does a feed that is begun anew", async () => {
  const events = await open("/v1/changes/events");
  await tell({ track: 1 });
  await events.next(1);
  await api.pool.query("update change_feed set epoch = 'ffffffff'");
  await tell({ track: 2 });
  await events.ended();
  const other = await open("/v1/changes/events");
  await tell({ track: 3 });
  const [last] = await other.next(1);
  api.context.held.end();
  await other.ended();
  expect(other.raw().endsWith("\n\n")).toBe(true);
  expect(last).toMatchObject({ data: { trackId: trackId(3) } });
  await held(0);
});

test("a client that reads nothing is cut, and its place is free", async () => {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  const { nextCursor } = (await (await fetch(`${api.url}/v1/changes?since=now`)).json()) as {
    nextCursor: string;
  };
  await happen(api.pool, ...Array.from({ length: 40_000 }, (_, n) => ({ track: n })));
  socket.pause();
  socket.on("error", () => {});
  socket.write(`GET /v1/changes/events?since=${nextCursor} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await held(1);
  await expect.poll(() => api.context.held.count(), { timeout: 90_000 }).toBe(0);
  socket.destroy();
});

test("a browser's EventSource follows it, over an API that has gone and come back", async () => {
  const source = new EventSource(`${api.url}/v1/changes/events`);
  const got: string[] = [];
  source.onmessage = ({ data }) => got.push(JSON.parse(data).trackId);
  await held(1);
  await tell({ track: 1 });
  await expect.poll(() => got).toEqual([trackId(1)]);
  // It may be back before anybody can see that it was gone.
  api.app.server.closeAllConnections();
  await tell({ track: 2 });
  await expect.poll(() => got, { timeout: 60_000 }).toEqual([1, 2].map(trackId));
  source.close();
  await held(0);
});

test("a stream that has lived long enough ends with its place, also where nothing has happened, and goes on there", async () => {
  const { streamPaces: paces } = api.context;
  await using other = await startLocalApi({}, { streamPaces: { ...paces, lifeMs: 500 } });
  await insertTrack(other.pool, 1);
  const source = new EventSource(`${other.url}/v1/changes/events`);
  const got: string[] = [];
  source.onmessage = ({ data }) => got.push(JSON.parse(data).trackId);
  for (const n of [1, 2]) {
    const ended = new Promise((resolve) => source.addEventListener("error", resolve, { once: true }));
    await ended;
    // While nobody listens.
    await happen(other.pool, { track: n });
    await expect.poll(() => got, { timeout: 60_000 }).toHaveLength(n);
  }
  expect(got).toEqual([1, 2].map(trackId));
  source.close();
  const events = await openEvents(`${other.url}/v1/tracks/${trackId(1)}/events`);
  await happen(other.pool, { track: 2 }, { track: 2 });
  await events.ended();
  const [, place] = /\n\nid: (\S+)\n\n$/.exec(events.raw()) ?? [];
  expect((await fetch(`${other.url}/v1/changes?since=${place}`)).status).toBe(200);
});
