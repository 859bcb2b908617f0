import {
  ArtifactReady,
  Problem,
  ReplayReceipt,
  Request,
  requestObjectName,
  TrackHistory,
  TrackReceipt,
  TrackResource,
} from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAnnouncements } from "../announcements.ts";
import { createApp } from "../app.ts";
import { chain, type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const unknownId = "01900000-0000-7000-8000-000000000009";

function post(path: string, body: Buffer | object, base = api.url): Promise<Response> {
  const isBytes = Buffer.isBuffer(body);
  return fetch(`${base}${path}`, {
    method: "POST",
    headers: { "content-type": isBytes ? "application/octet-stream" : "application/json" },
    body: isBytes ? new Uint8Array(body) : JSON.stringify(body),
  });
}
async function accept(text: string, targets: string): Promise<TrackReceipt> {
  const response = await post(`/v1/tracks?targets=${targets}`, Buffer.from(text));
  return TrackReceipt.parse(await response.json());
}

test("the master is announced again, with the track's own wants and the steps to force", async () => {
  const { id, url } = await accept("one track", "aac");
  const response = await post(`/v1/tracks/${id}/replay`, { force: ["encode"] });
  expect(response.status).toBe(202);
  const receipt = ReplayReceipt.parse(await response.json());
  expect(receipt).toEqual({
    id,
    url,
    requestId: expect.any(String),
    wants: ["decode", "encode"],
    force: ["encode"],
  });
  expect(response.headers.get("location")).toBe(url);
  const [first, again] = (await api.published("master", 2)).map((message) => ArtifactReady.parse(message));
  expect(again?.record).toEqual(first?.record);
  expect(again?.request).toEqual({ ...first?.request, requestId: receipt.requestId, force: ["encode"] });
  expect(receipt.requestId).not.toBe(id);
  const [, fact] = await api.published("tracks", 2);
  const replay = Request.parse(fact);
  const { requestId } = receipt;
  expect(replay).toMatchObject({ cause: "replay", requestId, trackId: id, targets: [], force: ["encode"] });
  // A rollback would leave it waiting for workers that nobody starts.
  expect(replay.versions).toEqual({});
  const { pcm, aac } = Object.fromEntries(chain.addressesFor(replay.master ?? ""));
  expect(replay.addresses).toEqual({ pcm, aac });
  const ref = { bucket: api.names.bucket("records"), name: requestObjectName(replay) };
  expect(await api.store.readJson(ref)).toEqual(replay);
});

test("a replay is accepted once it is safe, though the queue is away", async () => {
  const { id } = await accept("a fifth track", "aac");
  const away = () => Promise.reject(new Error("the queue is away"));
  const publisher = { ...api.context.publisher, announce: away, announceLate: away };
  const announcements = createAnnouncements(publisher, api.context.log);
  const app = await createApp({ ...api.context, publisher, announcements });
  const base = await app.listen({ host: "127.0.0.1", port: 0 });
  const answer = await post(`/v1/tracks/${id}/replay`, {}, base);
  expect(answer.status).toBe(202);
  const { requestId } = ReplayReceipt.parse(await answer.json());
  const kept = await api.context.requests.read({ requestId, trackId: id, cause: "replay" });
  expect(kept).toMatchObject({ cause: "replay", wants: ["decode", "encode"], force: [] });
  await announcements.settled();
  await app.close();
});

test("a track and its history name what was asked of it, by whom and when", async () => {
  const { id } = await accept("a sixth track", "aac");
  const before = await (await fetch(`${api.url}/v1/tracks/${id}`)).json();
  const submission = {
    id,
    cause: "submission",
    owner: "default",
    targets: ["aac"],
    force: [],
    backfillId: null,
  };
  expect(TrackResource.parse(before).requests).toMatchObject([submission]);

  await api.pool.query(
    `insert into tracks values ($1, '${"d".repeat(64)}', 5, null, null, 'upload', '{aac}', '{decode,encode}', now(), 'done', now())`,
    [id],
  );
  const backfillId = "01900000-0000-7000-8000-0000000000b1";
  const replayId = "01900000-0000-7000-8000-0000000000c1";
  const insert = (values: readonly unknown[]) =>
    api.pool.query(
      `insert into requests (track_id, request_id, cause, owner, targets, wants, force, versions, priority, backfill_id, requested_at)
       values ($1, $2, $3, 'default', $4, '{decode,encode}', $5, '{}', 'live', $6, $7)`,
      [id, ...values],
    );
  await insert([id, "submission", ["aac"], [], null, "2025-01-01T00:00:00Z"]);
  await insert([replayId, "replay", [], ["encode"], null, "2025-01-02T00:00:00.123Z"]);
  for (let n = 0; n < 120; n++) {
    const itemId = `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
    await insert([itemId, "backfill", ["aac"], [], backfillId, `2025-01-03T00:00:00.${100 + n}Z`]);
  }
  await api.pool.query(
    `insert into step_attempts (track_id, request_id, step, address, started_at, worker, version, kind, status, how, finished_at, duration_ms, delivery_attempt)
     values ($1, $2, 'encode', $3, now(), 'w', 1, 'aac', 'succeeded', 'computed', now(), 1, 1)`,
    [id, replayId, "e".repeat(64)],
  );
  const read = async (path: string) => (await fetch(`${api.url}/v1/tracks/${id}${path}`)).json();
  const history = TrackHistory.parse(await read("/history"));
  expect(history.requests).toHaveLength(122);
  expect(history.requests.slice(0, 3)).toMatchObject([
    { ...submission, requestedAt: "2025-01-01T00:00:00.000Z" },
    {
      id: replayId,
      cause: "replay",
      targets: [],
      force: ["encode"],
      requestedAt: "2025-01-02T00:00:00.123Z",
    },
    { cause: "backfill", backfillId },
  ]);
  expect(history.attempts).toMatchObject([{ step: "encode", requestId: replayId }]);
  // The latest of them, in the same order.
  const { requests } = TrackResource.parse(await read(""));
  expect(requests).toEqual(history.requests.slice(-100));
});

test("`failed` names what has failed for the track", async () => {
  const { id } = await accept("another track", "tempo,aac");
  await api.pool.query(
    `insert into tracks values ($1, '${"b".repeat(64)}', 5, null, null, 'upload', '{tempo,aac}',
      '{decode,downsample,tempo,encode}', now(), 'partial', now()) on conflict do nothing`,
    [id],
  );
  await api.store.writeObject({
    bucket: api.names.bucket("masters"),
    name: "b".repeat(64),
    body: Buffer.from("bytes"),
    createOnly: true,
  });
  await api.pool.query(
    `insert into step_outcomes (track_id, step, status, error_code, error_message) values
     ($1, 'downsample', 'failed', 'retries-exhausted', 'gave up'), ($1, 'decode', 'succeeded', null, null),
     ($1, 'tempo', 'blocked', null, null)`,
    [id],
  );
  const response = await post(`/v1/tracks/${id}/replay`, { force: "failed" });
  expect(await response.json()).toMatchObject({ force: ["downsample"] });
});

test("a step that the track does not want is refused by name, an unknown track with 404", async () => {
  const { id } = await accept("a third track", "aac");
  const response = await post(`/v1/tracks/${id}/replay`, { force: ["tempo"] });
  expect(response.status).toBe(400);
  expect(Problem.parse(await response.json()).detail).toBe(
    "force: the track does not want tempo; it wants: decode, encode",
  );
  expect((await post(`/v1/tracks/${unknownId}/replay`, {})).status).toBe(404);
  expect((await fetch(`${api.url}/v1/tracks/${unknownId}/history`)).status).toBe(404);
});

test("the history tells every attempt with what it was made from, and what was repaired", async () => {
  const { id } = await accept("a fourth track", "aac");
  const master = "c".repeat(64);
  const address = chain.addressesFor(master).get("pcm") ?? "";
  const attempt = (worker: string, sec: number, how: string | null, error: string | null) => [
    id,
    address,
    `2025-01-01T00:00:0${sec}Z`,
    worker,
    error === null ? "succeeded" : "failed",
    how,
    error,
  ];
  for (const values of [
    attempt("w2", 5, "skipped", null),
    attempt("w1", 1, "computed", null),
    attempt("w3", 9, null, "retries-exhausted"),
  ]) {
    await api.pool.query(
      `insert into step_attempts values ($1, 'decode', $2, $3, $4, 1, 'pcm', $5, $6, $7, $7, $3, 250.5, null, 1)`,
      values,
    );
  }
  await api.pool.query(
    `insert into track_events values ($1, '2025-01-01T00:01:00Z', 'announced-again', 'lost; it waits for decode')`,
    [id],
  );
  const record = {
    v: 1,
    address,
    kind: "pcm",
    step: { name: "decode", version: 1 },
    inputs: { master },
    outcome: { status: "succeeded", facts: {}, payload: null },
    attempt: null,
  };
  const ref = { bucket: api.names.bucket("records"), name: `${address}.json` };
  await api.store.writeObject({ ...ref, body: Buffer.from(JSON.stringify(record)), createOnly: true });
  // One that is with its file.
  const made = "b".repeat(64);
  const encoded = attempt("w4", 7, "computed", null).with(1, made);
  await api.pool.query(
    `insert into step_attempts values ($1, 'encode', $2, $3, $4, 1, 'aac', $5, $6, $7, $7, $3, 250.5, null, 1)`,
    encoded,
  );
  const withFile = { ...record, address: made, kind: "aac", inputs: { master, pcm: address } };
  await api.store.writeObject({
    ...{
      bucket: api.names.bucket("assets"),
      name: `${made}.m4a`,
      body: Buffer.from("bytes"),
      createOnly: true,
    },
    metadata: { "segue-record": JSON.stringify(withFile) },
  });
  const response = await fetch(`${api.url}/v1/tracks/${id}/history`);
  const history = TrackHistory.parse(await response.json());
  expect(history.attempts).toMatchObject([
    {
      step: "decode",
      how: "computed",
      inputs: { master },
      error: null,
      attempt: { worker: "w1", startedAt: "2025-01-01T00:00:01.000Z", durationMs: 250.5 },
    },
    { how: "skipped", attempt: { worker: "w2" } },
    { step: "encode", how: "computed", inputs: { master, pcm: address }, attempt: { worker: "w4" } },
    { how: null, status: "failed", error: { code: "retries-exhausted" }, attempt: { worker: "w3" } },
  ]);
  expect(history.events).toEqual([
    { at: "2025-01-01T00:01:00.000Z", kind: "announced-again", detail: "lost; it waits for decode" },
  ]);
});
