// What an API whose clock is wrong has taken is not lost for that.
import { BackfillSteered, createId, TrackReceipt } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiContext } from "./api-context.ts";
import { createApp } from "./app.ts";
import { type LocalApi, startLocalApi } from "./fixtures/local-api.ts";
import { ProblemError } from "./problem-error.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** An API of its own on what the others have. */
async function startOwn(changes: Partial<ApiContext>) {
  const app = await createApp({ ...api.context, ...changes });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    async post(path: string, type?: string, body?: string): Promise<number> {
      const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
      return (await fetch(url + path, { method: "POST", headers, ...(body && { body }) })).status;
    },
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

const clockBy = (byMs: number) => () => new Date(Date.now() + byMs);

test.each([
  [-600_000, 503],
  [-5_000, 202],
  [5_000, 202],
  [86_400_000, 503],
])(
  "without the queue, what has an id of another time, by %i ms, is answered with %i",
  async (byMs, status) => {
    const away = () => Promise.reject(new ProblemError("unavailable", "the queue is away"));
    const publisher = { ...api.context.publisher, announce: away, announceLate: away };
    const announcements = { ...api.context.announcements, announce() {} };
    await using own = await startOwn({ now: clockBy(byMs), publisher, announcements });
    expect(await own.post("/v1/tracks?targets=aac", "audio/mpeg", `by ${byMs}`)).toBe(status);
    const url = `${api.url}/v1/tracks?targets=aac`;
    const headers = { "content-type": "audio/mpeg" };
    const accepted = await fetch(url, { method: "POST", headers, body: "another" });
    const { id } = TrackReceipt.parse(await accepted.json());
    expect(await own.post(`/v1/tracks/${id}/replay`, "application/json", '{"force":["encode"]}')).toBe(
      status,
    );
  },
);

test("orders to a backfill hold in the order in which they were given, whoever has taken them", async () => {
  const id = createId(new Date());
  await api.pool.query(
    `insert into backfills (id, targets, force, selection, in_flight, requested_at)
     values ($1, '{tempo}', '{}', '{"trackId":null,"acceptedSince":null,"state":null}', 10, now())`,
    [id],
  );
  const given = [
    ["pause", 3_000],
    ["resume", 0],
    ["pause", -86_400_000],
    ["resume", 0],
  ] as const;
  const told: BackfillSteered[] = [];
  const announceBackfill = async (fact: object) => void told.push(BackfillSteered.parse(fact));
  const publisher = { ...api.context.publisher, announceBackfill };
  for (const [action, byMs] of given) {
    await using own = await startOwn({ now: clockBy(byMs), publisher });
    expect(await own.post(`/v1/backfills/${id}/${action}`)).toBe(202);
  }
  const inOrder = told.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  expect(inOrder.map(({ action }) => action)).toEqual(given.map(([action]) => action));
});

test("of orders that are given at one moment none is lost", async () => {
  const backfillId = createId(new Date());
  const at = new Date().toISOString();
  const actions = ["pause", "resume", "pause", "cancel", "resume"] as const;
  const steer = (action: (typeof actions)[number]) =>
    api.context.backfills.steer({ v: 1, type: "BackfillSteered", backfillId, action, at });
  const kept = await Promise.all(actions.map(steer));
  expect(new Set(kept.map((order) => order.at)).size).toBe(actions.length);
  expect((await api.objects("records")).filter((name) => name.includes(backfillId))).toHaveLength(
    actions.length,
  );
});
