import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { Pcm, Problem, TrackReceipt, Waveform } from "@segue/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { chain, type LocalApi, startLocalApi } from "./fixtures/local-api.ts";

const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Every route that reads, with what it answers while a part of the cloud is away. */
const reads: Record<string, { database: number; storage: number }> = {
  "/healthz": { database: 200, storage: 200 },
  "/readyz": { database: 200, storage: 200 },
  "/openapi.json": { database: 200, storage: 200 },
  "/v1/errors": { database: 200, storage: 200 },
  "/v1/kinds": { database: 200, storage: 200 },
  "/v1/steps": { database: 200, storage: 200 },
  "/v1/tools": { database: 503, storage: 200 },
  "/v1/tracks": { database: 503, storage: 200 },
  "/v1/search": { database: 503, storage: 200 },
  "/v1/search/export": { database: 503, storage: 200 },
  "/v1/search/facets": { database: 503, storage: 200 },
  "/v1/search/facts": { database: 503, storage: 200 },
  "/v1/search/rebuild": { database: 503, storage: 200 },
  "/v1/playlists": { database: 503, storage: 400 },
  "/v1/changes": { database: 503, storage: 200 },
  "/v1/changes/events": { database: 503, storage: 200 },
  // Storage knows what was accepted, the catalog what came of it.
  "/v1/tracks/{id}": { database: 200, storage: 503 },
  "/v1/tracks/{id}/similar": { database: 503, storage: 503 },
  "/v1/tracks/{id}/corrections": { database: 503, storage: 503 },
  "/v1/corrections": { database: 503, storage: 200 },
  "/v1/tracks/{id}/events": { database: 503, storage: 503 },
  "/v1/tracks/{id}/history": { database: 503, storage: 503 },
  "/v1/tracks/{id}/assets/{kind}": { database: 503, storage: 503 },
  "/v1/tracks/{id}/assets/{kind}/{address}": { database: 503, storage: 404 },
  "/v1/tracks/{id}/assets/{kind}.{rendering}": { database: 503, storage: 503 },
  "/v1/tracks/{id}/assets/{kind}.{rendering}/{address}": { database: 503, storage: 404 },
  // The track is there, and was not uploaded so.
  "/v1/uploads/{id}": { database: 404, storage: 503 },
  "/v1/jobs/{request_id}": { database: 200, storage: 503 },
  "/v1/backfills": { database: 503, storage: 200 },
  "/v1/backfills/{id}": { database: 503, storage: 404 },
  "/v1/pings/{id}": { database: 503, storage: 200 },
  "/v1/webhooks": { database: 503, storage: 200 },
  "/v1/webhooks/{id}": { database: 503, storage: 404 },
  "/v1/webhooks/{id}/deliveries": { database: 503, storage: 404 },
  "/v1/takedowns": { database: 503, storage: 200 },
  "/v1/takedowns/keys": { database: 503, storage: 200 },
  "/v1/takedowns/{id}": { database: 503, storage: 503 },
  "/v1/keys": { database: 503, storage: 200 },
  "/v1/audit": { database: 503, storage: 200 },
};

const withWaveform = createChain([...chain.steps, stepSpec("waveform", [Pcm], Waveform)]);

async function startWithJob(): Promise<{ api: LocalApi; url: (path: string) => string }> {
  const api = await startLocalApi({}, { storageTimeoutMs: 2_000, chain: withWaveform });
  await api.store.ensureBucket({ name: "library", softDeleteRetentionSec: 0 });
  await api.store.writeObject({
    bucket: "library",
    name: "a.wav",
    body: Buffer.from("RIFF"),
    createOnly: true,
  });
  const posted = await fetch(`${api.url}/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      request_id: "r1",
      release_id: "1",
      asset_id: "1",
      asset_guid: "1",
      derivative_assets: [],
      source: "gs://library/a.wav",
    }),
  });
  const { track_id: id } = z.object({ track_id: z.string() }).parse(await posted.json());
  const params: Record<string, string> = {
    "{id}": id,
    "{kind}": "waveform",
    "{rendering}": "svg",
    "{address}": "a".repeat(64),
    "{request_id}": "r1",
  };
  const url = (path: string) => api.url + path.replace(/\{\w+\}/g, (name) => params[name] ?? name);
  return { api, url };
}

async function checkAnswer(response: Response, expected: number): Promise<void> {
  expect([response.url, response.status]).toEqual([response.url, expected]);
  expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  // Events have no end.
  if (expected !== 503) return response.body?.cancel();
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(Problem.parse(await response.json())).toMatchObject({ status: 503, code: "unavailable" });
}

describe.each([["database"], ["storage"]] as const)("while the %s is away", (part) => {
  let started: Awaited<ReturnType<typeof startWithJob>>;
  beforeAll(async () => {
    started = await startWithJob();
    if (part === "database") await started.api.stopDatabase();
    else await started.api.stopStorage();
  });
  afterAll(() => started.api[Symbol.asyncDispose]());

  test.each(Object.entries(reads))("GET %s says so, or does without", async (path, expected) => {
    await checkAnswer(await fetch(started.url(path)), expected[part]);
    const head = await fetch(started.url(path), { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([expected[part], ""]);
  });

  test("that is every route that reads", async () => {
    const { paths } = Document.parse(await (await fetch(started.url("/openapi.json"))).json());
    const documented = Object.keys(paths).filter((path) => "get" in (paths[path] ?? {}));
    expect(
      Object.keys(reads)
        .filter((path) => path !== "/openapi.json")
        .sort(),
    ).toEqual(documented.sort());
  });
});

test("without its database the API still takes tracks in and finds them, and says what it can't tell", async () => {
  await using api = await startLocalApi();
  await api.stopDatabase();
  const posted = await fetch(`${api.url}/v1/tracks`, {
    method: "POST",
    body: "abc",
    headers: { "content-type": "audio/mpeg" },
  });
  expect(posted.status).toBe(202);
  const { url, id } = TrackReceipt.parse(await posted.json());
  expect(await (await fetch(url)).json()).toMatchObject({
    id,
    state: "accepted",
    degraded: expect.stringContaining("does not answer"),
  });
  // Nobody can tell what has failed: that is not the same as that nothing has.
  const replay = await fetch(`${url}/replay`, {
    method: "POST",
    body: JSON.stringify({ force: "failed" }),
    headers: { "content-type": "application/json" },
  });
  await checkAnswer(replay, 503);
});

test("what the catalog has stored and nobody can read is a defect; a schema of an older version is an outage", async () => {
  await using api = await startLocalApi();
  const id = "01900000-0000-7000-8000-000000000001";
  await api.pool.query(
    `insert into tracks values ($1, '${"b".repeat(64)}', 5, 'a', 'a', 'upload', '{}', '{}', now(), 'done', now())`,
    [id],
  );
  await api.pool.query("alter table tracks alter column source drop not null");
  await api.pool.query("update tracks set source = null");
  const response = await fetch(`${api.url}/v1/tracks/${id}`);
  expect(response.status).toBe(500);
  expect(Problem.parse(await response.json())).toMatchObject({ code: "internal" });

  await api.pool.query("drop table ping_answers");
  const asked = await fetch(`${api.url}/v1/pings/01900000-0000-7000-8000-000000000001`);
  const answer = asked.clone();
  await checkAnswer(asked, 503);
  expect(Problem.parse(await answer.json()).detail).toContain("older version");
});
