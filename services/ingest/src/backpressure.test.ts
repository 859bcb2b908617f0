import { Problem, TrackReceipt } from "@segue/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { startLocalApi } from "./fixtures/local-api.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("with too many tracks under way new ones are refused with Retry-After, and taken again afterwards", async () => {
  await using api = await startLocalApi({ SEGUE_MAX_OPEN_TRACKS: "2" });
  const post = (body: string) =>
    fetch(`${api.url}/v1/tracks`, { method: "POST", body, headers: { "content-type": "audio/mpeg" } });
  for (const body of ["one", "two"]) expect((await post(body)).status).toBe(202);
  const refused = await post("three");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("5");
  expect(Problem.parse(await refused.json())).toMatchObject({ code: "too-many-open-tracks" });
  const job = {
    request_id: "r1",
    release_id: "1",
    asset_id: "1",
    asset_guid: "1",
    source: "gs://nowhere/x",
    derivative_assets: [],
  };
  const refusedJob = await fetch(`${api.url}/v1/jobs`, {
    method: "POST",
    body: JSON.stringify(job),
    headers: { "content-type": "application/json" },
  });
  expect(refusedJob.status).toBe(429);
  expect(await api.objects("masters")).toHaveLength(2);

  // The catalog's doing: it knows both, and one is done.
  const tracks = z.array(z.object({ trackId: z.string(), acceptedAt: z.string() }));
  for (const [index, { trackId, acceptedAt }] of tracks.parse(await api.published("tracks", 2)).entries()) {
    await api.pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
       values ($1, 'm', 1, 'upload', '{}', '{}', $2, $3)`,
      [trackId, acceptedAt, index === 0 ? "done" : "processing"],
    );
  }
  await expect.poll(async () => (await post("three")).status, { interval: 250 }).toBe(202);
});

test("a trace that a client has begun goes on in the messages of its track", async () => {
  await using api = await startLocalApi();
  const posted = await fetch(`${api.url}/v1/tracks`, {
    method: "POST",
    body: "abc",
    headers: { "content-type": "audio/mpeg", traceparent },
  });
  TrackReceipt.parse(await posted.json());
  for (const topic of ["tracks", "master"]) {
    expect(await api.published(topic, 1)).toMatchObject([{ attributes: { traceparent } }]);
  }
});
