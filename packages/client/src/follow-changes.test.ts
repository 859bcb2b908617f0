import type { Change, ChangePage, TrackResource } from "@segue/contracts";
import { expect, test } from "vitest";
import type { ApiClient, ChangesQuery } from "./api-client.ts";
import { ApiRefusal, NoAnswer } from "./api-errors.ts";
import { followChanges } from "./follow-changes.ts";
import { waitForTrack } from "./wait-for-track.ts";

const trackId = "01900000-0000-7000-8000-000000000001";
const change = (cursor: string): Change => ({
  ...{ cursor, type: "step.succeeded", trackId, requestId: null, at: "2026-01-01T00:00:00.000Z" },
  ...{ state: "processing", step: "tempo", code: null },
});
const page = (...cursors: string[]): ChangePage => ({
  ...{ changes: cursors.map(change), nextCursor: cursors.at(-1) ?? "start", hasMore: false },
});

/** Stands still but for sleep. */
function fakeClock() {
  const slept: number[] = [];
  let nowMs = 0;
  return {
    slept,
    now: () => nowMs,
    async sleep(ms: number) {
      slept.push(ms);
      nowMs += ms;
    },
  };
}

/** An API that answers in turn. */
function answering(...answers: readonly (ChangePage | Error)[]) {
  const asked: (ChangesQuery | undefined)[] = [];
  const left = [...answers];
  const api: Pick<ApiClient, "readChanges"> = {
    async readChanges(query) {
      asked.push(query);
      const answer = left.shift();
      if (answer === undefined) throw new TypeError("nothing more was to be asked");
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { api, asked };
}

test("each page is asked for behind the one before, and an API that is away is asked again for the same", async () => {
  const { api, asked } = answering(page(), page("a", "b"), new NoAnswer("away"), page(), page("c"));
  const followed: string[] = [];
  for await (const { cursor } of followChanges(api)) {
    followed.push(cursor);
    if (cursor === "c") break;
  }
  expect(followed).toEqual(["a", "b", "c"]);
  expect(asked.map((query) => query?.since)).toEqual(["now", "start", "b", "b", "start"]);
  expect(asked.map((query) => query?.wait)).toEqual([undefined, 30, 30, 30, 30]);
});

test("a refusal that no later attempt gets past ends it, and so does the signal", async () => {
  const refusal = new ApiRefusal("gone", {
    status: 410,
    code: "cursor-expired",
    retryAfterMs: null,
    problem: undefined,
  });
  await expect(followChanges(answering(refusal).api, { since: "a" }).next()).rejects.toBe(refusal);
  const { api } = answering();
  await expect(followChanges(api, { signal: AbortSignal.abort(new Error("enough")) }).next()).rejects.toThrow(
    "enough",
  );
});

test("a track is waited for by the API, over pauses of its own", async () => {
  const states = ["accepted", new NoAnswer("away"), "processing", "partial"] as const;
  const waits: (number | undefined)[] = [];
  const api: Pick<ApiClient, "readTrack"> = {
    async readTrack(_id, options) {
      const state = states[waits.length];
      waits.push(options?.waitSec);
      if (state instanceof Error) throw state;
      return { state } as TrackResource;
    },
  };
  expect(await waitForTrack(api, trackId)).toEqual({ state: "partial" });
  expect(waits).toEqual([30, 30, 30, 30]);
  expect(await waitForTrack({ readTrack: async () => undefined }, trackId)).toBeUndefined();
});

test("an API that ends answers at once with nothing, and is not asked again without a rest", async () => {
  const clock = fakeClock();
  const { api } = answering(page(), page(), page(), page("a"), page("b"));
  for await (const { cursor } of followChanges(api, { clock })) if (cursor === "b") break;
  expect(clock.slept).toEqual([1_000, 1_000]);

  const other = fakeClock();
  const states = ["accepted", "processing", "done"];
  const readTrack = async () => ({ state: states.shift() }) as TrackResource;
  expect(await waitForTrack({ readTrack }, trackId, { clock: other })).toEqual({ state: "done" });
  expect(other.slept).toEqual([1_000, 1_000]);
});
