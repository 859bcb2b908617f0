import { Fetch, Problem, sourceObjectName, TrackReceipt, TrackResource } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const json = (body: object) =>
  fetch(`${api.url}/v1/tracks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("a track whose source is named is there before its bytes: it wants a fetch first", async () => {
  const before = (await api.published("tasks.fetch", 0)).length;
  const response = await json({
    source: "gs://library/a/b ü.wav",
    title: "From a bucket",
    targets: ["aac"],
    metadata: { id: "8" },
  });
  expect(response.status).toBe(202);
  const { id, url } = TrackReceipt.parse(await response.json());
  const track = TrackResource.parse(await (await fetch(url)).json());
  expect(track).toMatchObject({
    ...{
      state: "accepted",
      summary: "accepted; its source waits to be fetched",
      master: null,
      sizeBytes: null,
    },
    metadata: { id: "8" },
    ...{ fileName: "b ü.wav", source: "gs://library/a/b ü.wav", targets: ["aac"], results: {} },
  });
  expect(track.steps.map(({ step, status }) => `${step} ${status}`)).toEqual([
    ...["fetch waiting", "decode waiting", "encode waiting"],
  ]);
  const [task] = (await api.published("tasks.fetch", before + 1)).slice(before);
  expect(Fetch.parse(task)).toMatchObject({
    source: "gs://library/a/b ü.wav",
    request: {
      requestId: id,
      trackId: id,
      cause: "submission",
      master: null,
      addresses: {},
      targets: ["aac"],
    },
  });
  const missing = await fetch(`${url}/assets/master`);
  expect([missing.status, Problem.parse(await missing.json()).detail]).toEqual([
    404,
    "the track has no master (yet): its source has not been fetched",
  ]);
});

test("what a signed URL hides is kept apart, and shown to nobody", async () => {
  const secret = "X-Goog-Signature=s3cret";
  const response = await json({ source: `https://example.com/song.mp3?${secret}` });
  const { id, url } = TrackReceipt.parse(await response.json());
  expect(await (await fetch(url)).json()).toMatchObject({ source: "https://example.com/song.mp3?..." });
  const records = (await api.objects("records")).filter((name) => name.includes(id));
  const holding = await Promise.all(
    records.map(async (name) => {
      const body = await api.store.readObject({ bucket: api.names.bucket("records"), name });
      return String(body).includes(secret) ? [name] : [];
    }),
  );
  expect(holding.flat()).toEqual([sourceObjectName(id)]);
  const tasks = JSON.stringify(await api.published("tasks.fetch", 0));
  expect(tasks).toContain(id);
  expect(tasks + JSON.stringify(await api.published("tracks", 0))).not.toContain("s3cret");
});

test.each([
  { a: 1 },
  { a: "x".repeat(501) },
  { "a b": "x" },
  { _a: "x" },
  Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`n${n}`, "x"])),
  ["x"],
  "x",
  null,
])("what a client says for itself is texts by name: %j is refused", async (metadata) => {
  const response = await json({ source: "gs://library/a.wav", metadata });
  expect(response.status).toBe(400);
  expect(Problem.parse(await response.json())).toMatchObject({
    code: "invalid-request",
    detail: expect.stringMatching(/^body\.metadata|^metadata/),
  });
});
