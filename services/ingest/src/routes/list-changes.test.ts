import { type Change, ChangePage } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { forget, happen, trackId } from "../fixtures/feed.ts";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const ask = async (query: string) => {
  const answer = await fetch(`${api.url}/v1/changes${query}`);
  const body: unknown = await answer.json();
  return { status: answer.status, body };
};
const read = async (query: string): Promise<ChangePage> => {
  const { status, body } = await ask(query);
  expect([status, body]).toEqual([200, expect.anything()]);
  return ChangePage.parse(body);
};
const tracksOf = (changes: readonly Change[]) => changes.map((change) => change.trackId);

test("what has happened is read page by page, oldest first, and from the place behind any change", async () => {
  const start = await read("");
  expect(start).toMatchObject({ changes: [], hasMore: false });
  await happen(api.pool, ...[1, 2, 3, 4, 5].map((track) => ({ track })));
  const first = await read("?limit=2");
  expect(first).toMatchObject({
    hasMore: true,
    changes: [
      {
        ...{ type: "step.succeeded", trackId: trackId(1), requestId: trackId(1), state: "processing" },
        ...{ step: null, code: null, at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) },
      },
      { trackId: trackId(2) },
    ],
  });
  const second = await read(`?limit=2&since=${first.nextCursor}`);
  expect(tracksOf(second.changes)).toEqual([3, 4].map(trackId));
  expect(second.nextCursor).toBe(second.changes[1]?.cursor);
  const third = await read(`?limit=2&since=${second.nextCursor}`);
  expect(third).toMatchObject({ hasMore: false, changes: [{ trackId: trackId(5) }] });
  expect(await read(`?since=${third.nextCursor}`)).toEqual({ ...third, changes: [] });
  expect(await read(`?since=${start.nextCursor}&limit=1`)).toEqual(await read("?limit=1"));
  expect(tracksOf((await read(`?since=${first.changes[0]?.cursor}`)).changes)).toEqual(
    [2, 3, 4, 5].map(trackId),
  );
});

test("one track's changes are read by themselves, and from now on nothing is of before", async () => {
  const { nextCursor } = await read("?since=now");
  await happen(api.pool, { track: 7 }, { track: 8 }, { track: 7, type: "track.done", state: "done" });
  const own = await read(`?trackId=${trackId(7)}`);
  expect(own.changes.map(({ type }) => type)).toEqual(["step.succeeded", "track.done"]);
  expect(tracksOf((await read(`?since=${nextCursor}`)).changes)).toEqual([7, 8, 7].map(trackId));
  expect((await read(`?since=${own.nextCursor}&trackId=${trackId(8)}`)).changes).toEqual([]);
});

test.each(["nonsense", "", "MDE5MDAwMDA", `${Buffer.from("5d8d77e1.01").toString("base64url")}`])(
  "%s is no cursor",
  async (cursor) => {
    expect(await ask(`?since=${cursor}`)).toMatchObject({
      status: 400,
      body: { code: "invalid-request", detail: expect.stringContaining("since") },
    });
  },
);

test("a cursor of what is not kept any more, or of another feed, is refused as expired", async () => {
  const before = await read("?limit=1");
  const { nextCursor } = await read("?since=now");
  await forget(api.pool, 1);
  expect(await ask(`?since=${before.nextCursor}`)).toMatchObject({
    status: 410,
    body: {
      code: "cursor-expired",
      detail: "expected a cursor of what is kept; 6 changes behind this one are not kept any more",
    },
  });
  const last = await read("");
  expect(last.changes).toHaveLength(1);
  expect((await read(`?since=${nextCursor}`)).changes).toEqual([]);
  // The place before the first that is left has no gap behind it.
  const [epoch, number] = Buffer.from(nextCursor, "base64url").toString().split(".");
  const at = (place: number) => Buffer.from(`${epoch}.${place}`).toString("base64url");
  expect((await read(`?since=${at(Number(number) - 1)}`)).changes).toEqual(last.changes);
  await api.pool.query("update change_feed set epoch = 'ffffffff'");
  for (const cursor of [nextCursor, Buffer.from("ffffffff.999").toString("base64url")]) {
    expect(await ask(`?since=${cursor}`)).toMatchObject({
      status: 410,
      body: { detail: expect.stringContaining("begun anew") },
    });
  }
});

test("while the database is away it is unavailable", async () => {
  await api.stopDatabase();
  expect(await ask("")).toMatchObject({ status: 503, body: { code: "unavailable" } });
});
