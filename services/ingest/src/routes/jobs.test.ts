import { JobResource, Problem, trackObjectName } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
  await api.store.ensureBucket({ name: "library", softDeleteRetentionSec: 0 });
  await api.store.writeObject({
    bucket: "library",
    name: "a.wav",
    body: Buffer.from("RIFF"),
    createOnly: true,
  });
});
afterAll(() => api[Symbol.asyncDispose]());

const job = (requestId: string, changes: object = {}) => ({
  request_id: requestId,
  release_id: 4_711,
  asset_id: "a-1",
  asset_guid: "7b0c",
  derivative_assets: ["aac"],
  source: "gs://library/a.wav",
  ...changes,
});
const post = (body: object) =>
  fetch(`${api.url}/v1/jobs`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

test("a job is taken once; the same request again gives the same answer", async () => {
  const before = (await api.published("tracks", 0)).length;
  const first = await post(job("r/1 ü"));
  expect(first.status).toBe(202);
  const answer = JobResource.parse(await first.json());
  expect(answer).toMatchObject({ request_id: "r/1 ü", release_id: "4711", state: "accepted" });

  const [published] = (await api.published("tracks", before + 1)).slice(before);
  expect(published).toMatchObject({
    trackId: answer.track_id,
    request: { targets: ["aac"], wants: ["fetch", "decode", "encode"] },
    job: {
      requestId: "r/1 ü",
      releaseId: "4711",
      assetId: "a-1",
      assetGuid: "7b0c",
      derivativeAssets: ["aac"],
    },
  });
  // Keys in another order, and an id as a number: the same request.
  const again = await post({ ...job("r/1 ü"), release_id: "4711" });
  expect([again.status, await again.json()]).toEqual([200, answer]);
  expect(await (await fetch(answer.url)).json()).toEqual(answer);
  expect((await fetch(answer.track_url)).status).toBe(200);
});

test("the same request many times at once makes one track", async () => {
  const responses = await Promise.all(Array.from({ length: 8 }, () => post(job("r2"))));
  const answers = await Promise.all(
    responses.map(async (response) => JobResource.parse(await response.json())),
  );
  expect(new Set(answers.map((answer) => answer.track_id)).size).toBe(1);
  expect(responses.filter((response) => response.status === 202).length).toBeGreaterThanOrEqual(1);
});

test("an interrupted job is finished by the same request", async () => {
  const answer = JobResource.parse(await (await post(job("r3"))).json());
  const name = trackObjectName(answer.track_id);
  // As if the process had died between the job's object and the track's.
  await api.store.deleteObject({ bucket: "test-test-records", name });
  expect((await post(job("r3"))).status).toBe(200);
  expect((await fetch(answer.track_url)).status).toBe(200);
  const announced = async () =>
    (await api.published("tasks.fetch", 0)).filter((message) =>
      JSON.stringify(message).includes(answer.track_id),
    );
  await expect.poll(announced).toHaveLength(2);
});

test("the same request_id with another body is a conflict", async () => {
  await post(job("r4"));
  const response = await post(job("r4", { asset_id: "another" }));
  expect(response.status).toBe(409);
  expect(Problem.parse(await response.json())).toMatchObject({ code: "conflict" });
});

test.each([
  ["an unknown derivative asset", { derivative_assets: ["stems"] }, 'no target "stems"'],
  [
    "a request_id that no path can hold",
    { request_id: ".." },
    'request_id: expected an id other than "." and ".."',
  ],
  ["no guid", { asset_guid: undefined }, "asset_guid"],
  ["no source", { source: "song.mp3" }, "source: expected gs://"],
])("%s is refused, naming the field", async (_what, changes, detail) => {
  const response = await post(job("r5", changes));
  expect(response.status).toBe(400);
  expect(Problem.parse(await response.json()).detail).toContain(detail);
});
