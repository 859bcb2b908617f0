import { emptyTables } from "@segue/catalog-db/testing";
import { Problem, TrackList, TrackReceipt, TrackResource } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { chain, type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const aac = Buffer.from("0123456789".repeat(100));
const address = "a".repeat(64);
const acceptedAt = "2025-01-01T00:00:00.000Z";
const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;

/** A track as the catalog writes it: decoded and encoded, without a tempo, and cut short of it by a failure. */
async function insertTrack(n: number, title: string | null = null): Promise<void> {
  const { pool, store, names } = api;
  const payload = await store.writeObject({
    bucket: names.bucket("assets"),
    name: `${address}.m4a`,
    body: aac,
    contentType: "audio/mp4",
    createOnly: true,
  });
  const { sizeBytes, crc32c } = payload;
  const ref = {
    bucket: "test-test-assets",
    name: `${address}.m4a`,
    sizeBytes,
    crc32c,
    contentType: "audio/mp4",
  };
  const facts = {
    codec: "aac",
    bitRateKbps: 128,
    sampleRateHz: 44_100,
    channels: 2,
    durationSec: 3,
    sizeBytes,
    hasCover: false,
    warnings: [],
  };
  await pool.query(
    `insert into tracks values ($1, '${"b".repeat(64)}', 5, 'song.mp3', $2, 'upload', '{tempo,aac}',
      '{decode,downsample,tempo,encode}', '${acceptedAt}', 'partial', '2025-01-01T00:00:04.500Z')`,
    [id(n), title],
  );
  await pool.query(
    `insert into artifacts values ('${address}', 'aac', 'encode', 1, '${"b".repeat(64)}', $1, $2, now()) on conflict do nothing`,
    [facts, ref],
  );
  await pool.query(
    `insert into step_outcomes (track_id, step, status, blocked_by, version, kind, address, how, error_code,
       error_message, worker, started_at, finished_at, duration_ms, cpu_ms, delivery_attempt) values
     ($1, 'encode', 'succeeded', '{}', 1, 'aac', '${address}', 'computed', null, null, 'host:1',
       '${acceptedAt}', '2025-01-01T00:00:04.500Z', 4500, 4000, 1),
     ($1, 'downsample', 'failed', '{}', 1, 'mono16k', '${"c".repeat(64)}', 'computed', 'retries-exhausted', 'gave up',
       'host:2', '${acceptedAt}', '2025-01-01T00:00:01Z', 1000, null, 5),
     ($1, 'tempo', 'blocked', '{downsample}', null, null, null, null, null, null, null, null, null, null, null, null)`,
    [id(n)],
  );
}

beforeEach(() => emptyTables(api.pool));
const get = (path: string) => fetch(`${api.url}${path}`);

test("a track tells its state, steps, errors and results in words and figures", async () => {
  await insertTrack(1, "A Title");
  const response = await get(`/v1/tracks/${id(1)}`);
  const track = TrackResource.strict().parse(await response.json());
  expect(track).toMatchObject({ state: "partial", latencyMs: 4_500, title: "A Title" });
  expect(track.summary).toContain("1 of 4 steps done; failed: downsample: Every attempt failed");
  expect(track.steps).toMatchObject([
    { step: "decode", status: "waiting", attempt: null },
    {
      step: "downsample",
      status: "failed",
      error: { code: "retries-exhausted", message: "gave up", remedy: expect.stringContaining("replay") },
    },
    { step: "tempo", status: "blocked", blockedBy: ["downsample"] },
    { step: "encode", status: "succeeded", how: "computed", attempt: { worker: "host:1", cpuMs: 4_000 } },
  ]);
  expect(track.results).toMatchObject({
    aac: {
      address,
      asset: {
        url: expect.stringMatching(
          `^${api.url}/v1/tracks/${id(1)}/assets/aac/${address}\\?crc32c=[0-9a-f]{8}$`,
        ),
        latestUrl: `${api.url}/v1/tracks/${id(1)}/assets/aac`,
        sizeBytes: 1_000,
      },
    },
  });
});

test("every link in a result leads to its file; what only other steps work on has none", async () => {
  await insertTrack(1);
  const pcm = {
    bucket: api.names.bucket("scratch"),
    name: "x.wav",
    sizeBytes: 1,
    crc32c: "AAAAAA==",
    contentType: "audio/wav",
  };
  await api.pool.query(
    `insert into artifacts values ('${"e".repeat(64)}', 'pcm', 'decode', 1, '${"b".repeat(64)}', '{}', $1, now())`,
    [pcm],
  );
  await api.pool.query(
    `insert into step_outcomes (track_id, step, status, blocked_by, version, kind, address, how) values
     ($1, 'decode', 'succeeded', '{}', 1, 'pcm', '${"e".repeat(64)}', 'computed')`,
    [id(1)],
  );
  const { results } = TrackResource.parse(await (await get(`/v1/tracks/${id(1)}`)).json());
  expect(results.pcm).toMatchObject({ address: "e".repeat(64), asset: null });
  for (const { asset } of Object.values(results)) {
    for (const url of asset ? [asset.url, asset.latestUrl ?? ""] : [])
      expect([url, (await fetch(url)).status]).toEqual([url, 200]);
  }
});

test("what is asked for again, and what failed since, stands beside the result that holds", async () => {
  await insertTrack(1);
  const since = "2025-02-01T00:00:00.000Z";
  const recomputing = { since, version: 3, reason: "version" };
  const error = { code: "not-audio", message: "no frame" };
  const failed = { version: 2, address: "d".repeat(64), error, at: since };
  await api.pool.query(
    "update step_outcomes set recomputing = $1, failed_upgrade = $2 where step = 'encode'",
    [recomputing, failed],
  );
  const track = TrackResource.parse(await (await get(`/v1/tracks/${id(1)}`)).json());
  const told = { recomputing, failedUpgrade: { version: 2, at: since, error: { code: "not-audio" } } };
  expect(track).toMatchObject({ state: "partial", results: { aac: { address, version: 1, ...told } } });
  expect(track.steps.at(-1)).toMatchObject({ step: "encode", status: "succeeded", ...told });
  expect(track.summary).toContain(`asked for again: encode (version, since ${since})`);
  expect(track.summary).toContain("what was there holds, since this failed: version 2 of encode: ");
  expect((await get(`/v1/tracks/${id(1)}/assets/aac`)).status).toBe(200);
  const { tracks } = TrackList.parse(await (await get("/v1/tracks")).json());
  expect(tracks[0]?.steps.at(-1)).toMatchObject({ step: "encode", recomputing, upgradeFailed: true });
});

test("a result says whether the fleet would make it now", async () => {
  await insertTrack(1);
  const current = async () =>
    TrackResource.parse(await (await get(`/v1/tracks/${id(1)}`)).json()).results.aac?.current;
  expect(await current()).toBe(false);
  const now = chain.addressesFor("b".repeat(64)).get("aac");
  await api.pool.query("update step_outcomes set address = $1 where step = 'encode'", [now]);
  expect(await current()).toBe(true);
  await api.pool.query("update step_outcomes set kind = 'stems' where step = 'encode'");
  const { results } = TrackResource.parse(await (await get(`/v1/tracks/${id(1)}`)).json());
  expect(results.stems).toMatchObject({ current: null });
});

test("tracks are listed newest first, page by page, without gaps or repeats", async () => {
  for (let n = 1; n <= 7; n++) await insertTrack(n);
  const seen: string[] = [];
  let path = "/v1/tracks?limit=3";
  for (;;) {
    const page = TrackList.parse(await (await get(path)).json());
    seen.push(...page.tracks.map((track) => track.id));
    if (!page.nextCursor) break;
    path = `/v1/tracks?limit=3&cursor=${page.nextCursor}`;
  }
  expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1].map(id));
});

test("tracks that come in between two pages are on no later one, and push nothing off it", async () => {
  for (let n = 1; n <= 4; n++) await insertTrack(n);
  const first = TrackList.parse(await (await get("/v1/tracks?limit=2")).json());
  await insertTrack(9);
  const second = TrackList.parse(await (await get(`/v1/tracks?limit=2&cursor=${first.nextCursor}`)).json());
  expect([first, second].flatMap(({ tracks }) => tracks.map((track) => track.id))).toEqual(
    [4, 3, 2, 1].map(id),
  );
  expect(second.nextCursor).toBeNull();
});

test("an id in capitals is the same id, to the catalog and to storage", async () => {
  await insertTrack(1);
  const answer = await fetch(`${api.url}/v1/tracks`, {
    method: "POST",
    body: "abc",
    headers: { "content-type": "audio/mpeg" },
  });
  const stored = TrackReceipt.parse(await answer.json()).id;
  for (const one of [id(1), stored]) {
    const track = TrackResource.parse(await (await get(`/v1/tracks/${one.toUpperCase()}`)).json());
    expect([track.id, track.url]).toEqual([one, `${api.url}/v1/tracks/${one}`]);
  }
});

test("tracks can be asked for by id; steps carry their codes", async () => {
  for (let n = 1; n <= 3; n++) await insertTrack(n);
  const page = TrackList.parse(await (await get(`/v1/tracks?ids=${id(1)},${id(9)},${id(3)}`)).json());
  expect(page.tracks.map((track) => track.id)).toEqual([id(3), id(1)]);
  expect(page.tracks[0]?.steps.find(({ step }) => step === "downsample")).toMatchObject({
    step: "downsample",
    status: "failed",
    code: "retries-exhausted",
  });
});

test.each([
  ["/v1/tracks/abc", 400, "invalid-request"],
  ["/v1/tracks?limit=0", 400, "invalid-request"],
  ["/v1/tracks?cursor=x", 400, "invalid-request"],
  ["/v1/tracks?cursor=MDE5MDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAy!", 400, "invalid-request"],
  ["/v1/tracks?limit=201", 400, "invalid-request"],
  ["/v1/tracks?limit=1&limit=2", 400, "invalid-request"],
  ["/v1/tracks?ids=x", 400, "invalid-request"],
  [`/v1/tracks?ids=${id(1)}&state=done`, 400, "invalid-request"],
  ["/v1/tracks?failed=false&code=not-audio", 400, "invalid-request"],
  [`/v1/tracks/${id(5)}`, 404, "not-found"],
  [`/v1/tracks/${id(1)}/assets/mono16k`, 404, "not-found"],
  [`/v1/tracks/${id(1)}/assets/master`, 404, "not-found"],
  [`/v1/tracks/${id(1)}/assets/pcm`, 404, "not-found"],
  ["/v1/jobs/none", 404, "not-found"],
  ["/v2", 404, "not-found"],
])("%s answers %d %s", async (path, status, code) => {
  await insertTrack(1);
  const response = await get(path);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(Problem.parse(await response.json())).toMatchObject({ status, code });
});
