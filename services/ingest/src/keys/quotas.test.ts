import { createHash } from "node:crypto";
// How much a key may send: what is told, what is refused and when, what is counted and what is not.
import { once } from "node:events";
import { connect } from "node:net";
import { Problem } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "../app.ts";
import { type KeyedApi, type Seen, startKeyedApi } from "../fixtures/keyed-api.ts";
import { ProblemError } from "../problem-error.ts";
import { createRateLimit } from "./limit-rate.ts";

let keyed: KeyedApi;
beforeAll(async () => {
  keyed = await startKeyedApi();
});
afterAll(() => keyed[Symbol.asyncDispose]());

const refusal = ({ status, json }: Seen) => ({ status, code: Problem.parse(json).code });
const exceeded = { status: 429, code: "quota-exceeded" };
const wav = { "content-type": "audio/wav" };
const upload = (key: string, body: string, headers: Record<string, string> = {}) =>
  keyed.ask(key, "/v1/tracks", { method: "POST", body, headers: { ...wav, ...headers } });
const usageOf = async (family: string) => {
  const { rows } = await keyed.api.pool.query(
    "select tracks::int, bytes::int from api_usage where family = $1",
    [family],
  );
  return rows[0];
};

test("a key with a rate sends so many at once, is told what is left, and when to come back", async () => {
  const first = await keyed.makeKey({ requestsPerSec: 0.001, burst: 3 });
  const rotated = await keyed.post(
    (await keyed.makeKey({ scopes: ["keys", "operate", "tracks:read", "tracks:write"] })).key,
    `/v1/keys/${first.resource.id}/rotate`,
  );
  // Both are one for it.
  const keys = [first.key, String(rotated.json.key), first.key, first.key];
  const answers = [];
  for (const key of keys) answers.push(await keyed.ask(key, "/v1/tracks"));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  expect(answers.map(({ headers }) => headers.ratelimit?.split(";t=")[0])).toEqual([
    '"requests";r=2',
    '"requests";r=1',
    '"requests";r=0',
    '"requests";r=0',
  ]);
  for (const { headers } of answers) expect(headers["ratelimit-policy"]).toBe('"requests";q=3;w=3000');
  const last = answers.at(-1) ?? expect.unreachable();
  expect(refusal(last)).toEqual({ status: 429, code: "rate-limited" });
  expect(Number(last.headers["retry-after"])).toBeGreaterThan(1);
  // Others are not concerned.
  const other = await keyed.ask((await keyed.makeKey({})).key, "/v1/tracks");
  expect([other.status, other.headers.ratelimit]).toEqual([200, undefined]);
});

test("a bucket fills with time, and no fuller than it is large", () => {
  let nowMs = 0;
  const limit = createRateLimit(() => nowMs);
  const limits = { requestsPerSec: 10, burst: null, tracksPerDay: null, bytesPerDay: null };
  const caller = {
    keyId: "k",
    family: "k",
    owner: "acme",
    scopes: new Set<never>(),
    limits,
    expiresAt: null,
  };
  const reply = { headers: () => reply } as never;
  const count = (tries: number) => {
    let taken = 0;
    for (let n = 0; n < tries; n++)
      try {
        limit.take(caller, reply);
        taken += 1;
      } catch (error) {
        expect(error).toMatchObject({ problem: "rate-limited", headers: { "retry-after": "1" } });
      }
    return taken;
  };
  expect(count(100)).toBe(20);
  nowMs = 500;
  expect(count(100)).toBe(5);
  nowMs = 1_000_000;
  expect(count(100)).toBe(20);
});

test("tracks are counted when they are accepted, once each, whatever a client repeats", async () => {
  const { key, resource } = await keyed.makeKey({ tracksPerDay: 3 });
  const first = await upload(key, "one");
  expect(first.status).toBe(202);
  expect(first.headers["ratelimit-policy"]).toBe('"tracks";q=3;w=86400');
  expect(first.headers.ratelimit).toMatch(/^"tracks";r=2;t=\d+$/);
  const same = await Promise.all(
    Array.from({ length: 6 }, () => upload(key, "two", { "idempotency-key": "k" })),
  );
  expect(same.map(({ status }) => status)).toEqual(Array(6).fill(202));
  expect(await usageOf(resource.id)).toEqual({ tracks: 2, bytes: 6 });
  // Refused for other reasons: counted for nothing.
  expect(
    (await keyed.ask(key, "/v1/tracks?targets=none", { method: "POST", body: "x", headers: wav })).status,
  ).toBe(400);
  expect((await upload(key, "three", { "idempotency-key": "last" })).status).toBe(202);
  const refused = await upload(key, "four");
  expect(refusal(refused)).toEqual(exceeded);
  expect(refused.headers.ratelimit).toMatch(/^"tracks";r=0;t=\d+$/);
  expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(86_400);
  // What was accepted is answered as it was.
  const again = await upload(key, "three", { "idempotency-key": "last" });
  expect([again.status, again.headers["idempotency-replayed"]]).toEqual([202, "true"]);
  expect(await usageOf(resource.id)).toEqual({ tracks: 3, bytes: 11 });
  await keyed.api.pool.query("update api_usage set day = day - 1 where family = $1", [resource.id]);
  expect((await upload(key, "tomorrow")).status).toBe(202);
});

test("of many at the same moment as many are accepted as may be", async () => {
  const { key, resource } = await keyed.makeKey({ tracksPerDay: 4, bytesPerDay: 1_000 });
  const all = await Promise.all(Array.from({ length: 10 }, (_, n) => upload(key, `number ${n}`)));
  const byStatus = all.map(({ status }) => status).toSorted();
  expect(byStatus).toEqual([...Array(4).fill(202), ...Array(6).fill(429)]);
  expect(await usageOf(resource.id)).toEqual({ tracks: 4, bytes: 32 });
});

test("an upload beyond the quota is refused before a byte of it is read, and one that does not say how large it is leaves nothing", async () => {
  const { key, resource } = await keyed.makeKey({ bytesPerDay: 1_000 });
  const { port } = new URL(keyed.api.url);
  const socket = connect(Number(port), "127.0.0.1");
  const head = `POST /v1/tracks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: audio/wav\r\nContent-Length: 1001\r\n\r\n`;
  socket.write(head);
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1.1 429 [\s\S]*"quota-exceeded"/);
  socket.destroy();
  const before = await keyed.api.objects("masters");
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.alloc(1_001));
      controller.close();
    },
  });
  const init = { method: "POST", body, headers: wav, duplex: "half" } as RequestInit;
  expect(refusal(await keyed.ask(key, "/v1/tracks", init))).toEqual(exceeded);
  expect(await keyed.api.objects("masters")).toEqual(before);
  expect(await keyed.api.objects("scratch")).toEqual([]);
  expect(await usageOf(resource.id)).toEqual({ tracks: 0, bytes: 0 });
  expect((await upload(key, "x".repeat(1_000))).status).toBe(202);
  expect(refusal(await upload(key, "x"))).toEqual(exceeded);
});

/** Which of these are masters. */
async function keptOf(bodies: readonly string[]): Promise<string[]> {
  const masters = await keyed.api.objects("masters");
  return bodies.filter((body) => masters.includes(createHash("sha256").update(body).digest("hex")));
}

test("of many at the same moment those that are refused for their quota leave no master", async () => {
  const { key } = await keyed.makeKey({ tracksPerDay: 1 });
  const bodies = Array.from({ length: 10 }, (_, n) => `body ${n} `.repeat(100));
  const answers = await Promise.all(bodies.map((body) => upload(key, body)));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  expect(await keptOf(bodies)).toEqual(bodies.filter((_, n) => answers[n]?.status === 202));
});

test("nor do those whose Idempotency-Key was used for another one at the same moment", async () => {
  const { key } = await keyed.makeKey({});
  const bodies = Array.from({ length: 6 }, (_, n) => `other ${n} `.repeat(100));
  const answers = await Promise.all(bodies.map((body) => upload(key, body, { "idempotency-key": "same" })));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 422, 422, 422, 422, 422]);
  expect(await keptOf(bodies)).toEqual(bodies.filter((_, n) => answers[n]?.status === 202));
});

test("what was counted, and died before its master was kept, is done when it comes again", async () => {
  const { key, resource } = await keyed.makeKey({ tracksPerDay: 1 });
  const { context } = keyed.api;
  const keep = () => Promise.reject(new ProblemError("unavailable", "the process is gone"));
  const app = await createApp({ ...context, masters: { ...context.masters, keep } });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const headers = { ...wav, authorization: `Bearer ${key}`, "idempotency-key": "dies" };
  const send = (base: string) => fetch(`${base}/v1/tracks`, { method: "POST", body: "late", headers });
  expect((await send(url)).status).toBe(503);
  await app.close();
  expect(await keptOf(["late"])).toEqual([]);
  expect((await send(keyed.api.url)).status).toBe(202);
  expect(await keptOf(["late"])).toEqual(["late"]);
  expect(await usageOf(resource.id)).toEqual({ tracks: 1, bytes: 4 });
});

test("jobs count as tracks, and one that was accepted is answered whatever is left", async () => {
  const { store } = keyed.api;
  await store.ensureBucket({ name: "library", softDeleteRetentionSec: 0 });
  await store.writeObject({ bucket: "library", name: "a.wav", body: Buffer.from("RIFF"), createOnly: true });
  const { key, resource } = await keyed.makeKey({ scopes: ["operate"], tracksPerDay: 1 });
  const job = (request_id: string) => ({
    ...{ request_id, release_id: "1", asset_id: "1", asset_guid: "1", derivative_assets: [] },
    source: "gs://library/a.wav",
  });
  expect((await keyed.post(key, "/v1/jobs", job("q1"))).status).toBe(202);
  expect((await keyed.post(key, "/v1/jobs", job("q1"))).status).toBe(200);
  expect(refusal(await keyed.post(key, "/v1/jobs", job("q2")))).toEqual(exceeded);
  expect(await usageOf(resource.id)).toEqual({ tracks: 1, bytes: 0 });
  expect((await keyed.ask(key, "/v1/jobs/q2")).status).toBe(404);
  await keyed.api.pool.query("update api_usage set day = day - 1 where family = $1", [resource.id]);
  expect(await keyed.post(key, "/v1/jobs", job("q2"))).toMatchObject({
    status: 202,
    json: { request_id: "q2" },
  });
  const { rows } = await keyed.api.pool.query(
    "select sum(tracks)::int as tracks from api_usage where family = $1",
    [resource.id],
  );
  expect(rows[0]).toEqual({ tracks: 2 });
});

test("of a batch beyond the quota no line leaves anything", async () => {
  const { key } = await keyed.makeKey({ tracksPerDay: 1 });
  expect((await upload(key, "all there is")).status).toBe(202);
  const before = await keyed.api.objects("records");
  const lines = Array.from({ length: 20 }, (_, n) =>
    JSON.stringify({ key: `${n}`, source: "gs://library/a.wav" }),
  );
  const headers = { "content-type": "application/x-ndjson" };
  const { text } = await keyed.ask(key, "/v1/batches", { method: "POST", body: lines.join("\n"), headers });
  expect(JSON.parse(text.trim().split("\n").at(-1) ?? "")).toEqual({ lines: 20, accepted: 0, refused: 20 });
  expect(await keyed.api.objects("records")).toEqual(before);
});

test("what storage does not take is not counted, unless its client comes back for it", async () => {
  const { key, resource } = await keyed.makeKey({ tracksPerDay: 5 });
  const away = () => Promise.reject(new ProblemError("unavailable", "storage is away"));
  const { context } = keyed.api;
  const app = await createApp({ ...context, tracks: { ...context.tracks, create: away } });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const send = (base: string, headers: Record<string, string>) =>
    fetch(`${base}/v1/tracks`, {
      method: "POST",
      body: "x",
      headers: { ...wav, authorization: `Bearer ${key}`, ...headers },
    });
  expect((await send(url, {})).status).toBe(503);
  expect(await usageOf(resource.id)).toEqual({ tracks: 0, bytes: 0 });
  expect((await send(url, { "idempotency-key": "once" })).status).toBe(503);
  await app.close();
  expect((await send(keyed.api.url, { "idempotency-key": "once" })).status).toBe(202);
  expect(await usageOf(resource.id)).toEqual({ tracks: 1, bytes: 1 });
});

test("while the database is away keys that are known go on; quotas can't be counted, other keys can't be told", async () => {
  await using alone = await startKeyedApi();
  const plain = await alone.makeKey({});
  const counted = await alone.makeKey({ tracksPerDay: 5 });
  const unseen = await alone.makeKey({});
  const post = (key: string) => alone.ask(key, "/v1/tracks", { method: "POST", body: "x", headers: wav });
  for (const { key } of [plain, counted]) expect((await post(key)).status).toBe(202);
  await alone.api.stopDatabase();
  expect((await post(plain.key)).status).toBe(202);
  for (const { key } of [counted, unseen])
    expect(refusal(await post(key))).toEqual({ status: 503, code: "unavailable" });
  expect((await alone.ask(plain.key, "/v1/tracks")).status).toBe(503);
});
