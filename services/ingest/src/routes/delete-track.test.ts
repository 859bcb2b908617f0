import { createHash } from "node:crypto";
import {
  CancelAnswer,
  Problem,
  ReceiptKeys,
  TakedownPage,
  TakedownReceiptLink,
  TakedownRequested,
  TakedownResource,
  TrackReceipt,
  takedownObjectName,
} from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const unknownId = "01900000-0000-7000-8000-000000000009";
const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: object) => {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`${api.url}${path}`, {
    ...{ method, headers: { ...json, ...headers } },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
};
const accept = async (text: string, key?: string) => {
  const response = await fetch(`${api.url}/v1/tracks`, {
    method: "POST",
    headers: { "content-type": "audio/wav", ...(key ? { "idempotency-key": key } : {}) },
    body: text,
  });
  return { status: response.status, body: await response.json() };
};
const refusal = ({ status, body }: { status: number; body: unknown }) => ({
  status,
  code: Problem.parse(body).code,
});
const requestedOf = async (id: string) =>
  TakedownRequested.parse(
    await api.store.readJson({
      bucket: api.names.bucket("records"),
      name: takedownObjectName(id, "requested"),
    }),
  );
/** As the catalog does it. */
const bury = (id: string, takedown: string) =>
  api.pool.query(
    "insert into deleted_tracks (id, takedown_id, owner, cause) values ($1, $2, 'default', 'delete')",
    [...[id, takedown]],
  );

test("a deletion is safe in storage and told to the catalog before it is answered; the track is gone when that has heard", async () => {
  const { id } = TrackReceipt.parse((await accept("to be deleted", "its-key")).body);
  const { status, body } = await ask("DELETE", `/v1/tracks/${id}`);
  expect(status).toBe(202);
  const link = TakedownReceiptLink.parse(body);
  expect(await requestedOf(link.id)).toMatchObject({
    cause: "delete",
    tracks: [id],
    masters: [],
    owner: "default",
  });
  const told = (await api.published("tracks", 2)).flatMap(
    (each) => TakedownRequested.safeParse(each).data ?? [],
  );
  expect(told).toEqual([await requestedOf(link.id)]);
  const read = TakedownResource.parse((await ask("GET", `/v1/takedowns/${link.id}`)).body);
  expect(read).toMatchObject({ id: link.id, state: "asked", tracks: [id], receipts: [], finalAt: null });

  await bury(id, link.id);
  for (const path of ["", "/history", "/events", "/assets/aac", "/assets/master"])
    expect(refusal(await ask("GET", `/v1/tracks/${id}${path}`))).toEqual({
      status: 410,
      code: "track-deleted",
    });
  for (const [method, path] of [
    ["DELETE", ""],
    ["POST", "/cancel"],
  ] as const)
    expect(refusal(await ask(method, `/v1/tracks/${id}${path}`))).toEqual({
      status: 410,
      code: "track-deleted",
    });
});

test("under a key it is one deletion, and what never was is not found", async () => {
  const { id } = TrackReceipt.parse((await accept("deleted twice")).body);
  const key = { "idempotency-key": "delete-once" };
  const first = await ask("DELETE", `/v1/tracks/${id}`, key);
  expect(await ask("DELETE", `/v1/tracks/${id}`, key)).toEqual(first);
  expect(refusal(await ask("DELETE", `/v1/tracks/${unknownId}`))).toEqual({ status: 404, code: "not-found" });
  expect(refusal(await ask("GET", `/v1/takedowns/${unknownId}`))).toEqual({ status: 404, code: "not-found" });
});

test("a track is cancelled as long as nothing of it has begun", async () => {
  const { id } = TrackReceipt.parse((await accept("cancelled")).body);
  const { status, body } = await ask("POST", `/v1/tracks/${id}/cancel`);
  expect([status, CancelAnswer.parse(body).id]).toEqual([202, id]);
  expect(await requestedOf(body.takedown.id)).toMatchObject({ cause: "cancel", tracks: [id] });

  const begun = TrackReceipt.parse((await accept("begun")).body).id;
  await api.pool.query(
    `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
     values ($1, $2, 1, 'upload', '{}', '{tempo}', now(), 'processing')`,
    [begun, "0".repeat(64)],
  );
  const late = await ask("POST", `/v1/tracks/${begun}/cancel`);
  expect(refusal(late)).toEqual({ status: 409, code: "already-started" });
});

test("masters are taken down by an operator", async () => {
  const masters = [sha256("forbidden"), sha256("other")];
  const { status, body } = await ask("POST", "/v1/takedowns", {}, { masters, reason: "notice 1" });
  expect(status).toBe(202);
  expect(await requestedOf(body.id)).toMatchObject({
    cause: "takedown",
    masters,
    again: "refuse",
    reason: "notice 1",
  });
  expect((await ask("POST", "/v1/takedowns", {}, { masters: ["abc"] })).status).toBe(400);
});

test("bytes that were taken down are refused, and leave nothing behind", async () => {
  // One that has not asked yet: that there are none is believed for some seconds.
  await using fresh = await startLocalApi();
  await fresh.pool.query(
    "insert into deleted_masters values ($1, $2, 'refuse', now()), ($3, $2, 'new', now())",
    [...[sha256("forbidden"), unknownId, sha256("other")]],
  );
  const send = (body: string) =>
    fetch(`${fresh.url}/v1/tracks`, { method: "POST", headers: { "content-type": "audio/wav" }, body });
  const refused = await send("forbidden");
  expect([refused.status, Problem.parse(await refused.json()).code]).toEqual([451, "master-taken-down"]);
  for (const role of ["masters", "records", "scratch"] as const)
    expect(await fresh.objects(role)).toEqual([]);
  expect((await send("other")).status).toBe(202);
});

test("takedowns are listed, the newest first, and the keys of their receipts told", async () => {
  for (const n of [1, 2, 3])
    await api.pool.query(
      `insert into takedowns (id, cause, owner, requested_by, tracks, masters, again, requested_at)
       values ($1, 'delete', 'default', 'off', '{}', '{}', 'new', now())`,
      [`0190000${n}-0000-7000-8000-000000000000`],
    );
  const first = TakedownPage.parse((await ask("GET", "/v1/takedowns?limit=2")).body);
  expect(first.takedowns.map(({ id }) => id[7])).toEqual(["3", "2"]);
  const second = TakedownPage.parse(
    (await ask("GET", `/v1/takedowns?limit=2&cursor=${first.nextCursor}`)).body,
  );
  expect([second.takedowns.map(({ id }) => id[7]), second.nextCursor]).toEqual([["1"], null]);
  await api.pool.query("insert into receipt_keys (key_id, public_key) values ('k', 'p')");
  expect(ReceiptKeys.parse((await ask("GET", "/v1/takedowns/keys")).body).keys).toMatchObject([
    { keyId: "k", publicKey: "p" },
  ]);
});
