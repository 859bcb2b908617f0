import { createHash } from "node:crypto";
import { ArtifactReady, Problem, TrackReceipt } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "../app.ts";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { ProblemError } from "../problem-error.ts";

let api: LocalApi;
let other: string;
let closeOther: () => Promise<void>;
beforeAll(async () => {
  api = await startLocalApi();
  await api.store.ensureBucket({ name: "library", softDeleteRetentionSec: 0 });
  const body = Buffer.from("RIFF");
  await api.store.writeObject({ bucket: "library", name: "a.wav", body, createOnly: true });
  // A second instance: it shares storage with the first, and nothing else.
  const app = await createApp(api.context);
  other = await app.listen({ host: "127.0.0.1", port: 0 });
  closeOther = () => app.close();
});
afterAll(async () => {
  await closeOther();
  await api[Symbol.asyncDispose]();
});

type Sent = {
  status: number;
  location: string | null;
  replayed: string | null;
  body: Record<string, unknown>;
};
async function send(
  base: string,
  path: string,
  key: string | null,
  body: string,
  type: string,
): Promise<Sent> {
  const headers = { "content-type": type, ...(key === null ? {} : { "idempotency-key": key }) };
  const response = await fetch(`${base}${path}`, { method: "POST", body, headers });
  return {
    status: response.status,
    location: response.headers.get("location"),
    replayed: response.headers.get("idempotency-replayed"),
    body: Object(await response.json()),
  };
}
const wav = (key: string | null, body: string, query = "", base = api.url) =>
  send(base, `/v1/tracks${query}`, key, body, "audio/wav");
const json = (path: string, key: string | null, body: object, base = api.url) =>
  send(base, path, key, JSON.stringify(body), "application/json");
const tracks = async () => (await api.objects("records")).filter((name) => name.endsWith(".track.json"));
const refusal = ({ status, body }: Sent) => ({ status, code: Problem.parse(body).code });
const job = (requestId: string) => ({
  request_id: requestId,
  release_id: "1",
  asset_id: "1",
  asset_guid: "1",
  derivative_assets: [],
  source: "gs://library/a.wav",
});

test("the same upload under the same key is one track with one answer, whichever instance is asked", async () => {
  const before = (await tracks()).length;
  const first = await wav("k1", "one", "?title=T");
  expect([first.status, first.replayed]).toEqual([202, null]);
  const { id } = TrackReceipt.parse(first.body);
  const again = await wav("k1", "one", "?title=T");
  expect(again).toEqual({ ...first, replayed: "true" });
  // In quotes, as the draft has it, it is the same key. The answer was kept as it was, its URL too.
  expect(await wav('"k1"', "one", "?title=T", other)).toEqual(again);
  expect(await tracks()).toHaveLength(before + 1);
  expect((await tracks()).some((name) => name.includes(id))).toBe(true);
  expect(await api.objects("scratch")).toEqual([]);
});

test("without a key, and under another one, it is another track", async () => {
  const ids = [
    await wav(null, "same"),
    await wav(null, "same"),
    await wav("k2", "same"),
    await wav("k3", "same"),
  ];
  expect(new Set(ids.map(({ body }) => body.id)).size).toBe(4);
});

test.each([
  ["other bytes", () => wav("k4", "other")],
  ["another title", () => wav("k4", "one", "?title=U")],
  ["other targets", () => wav("k4", "one", "?targets=tempo")],
  ["a source", () => json("/v1/tracks", "k4", { source: "gs://library/a.wav" })],
  ["a job", () => json("/v1/jobs", "k4", job("r4"))],
  ["a ping", () => json("/v1/pings", "k4", {})],
  ["a backfill", () => json("/v1/backfills", "k4", {})],
])("the same key with %s is refused, and makes nothing", async (_what, sendOther) => {
  await wav("k4", "one");
  const before = [await api.objects("masters"), await api.objects("records")];
  expect(refusal(await sendOther())).toEqual({ status: 422, code: "idempotency-key-reused" });
  expect([await api.objects("masters"), await api.objects("records")]).toEqual(before);
  expect(await api.objects("scratch")).toEqual([]);
});

test("the same upload many times at the same moment, at two instances, is one track", async () => {
  const before = (await tracks()).length;
  const bases = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? api.url : other));
  const sent = await Promise.all(bases.map((base) => wav("k5", "at once", "", base)));
  expect(sent.map(({ status }) => status)).toEqual(Array(8).fill(202));
  expect(new Set(sent.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(new Set(sent.map(({ location }) => location)).size).toBe(1);
  expect(await tracks()).toHaveLength(before + 1);
  expect(await api.objects("scratch")).toEqual([]);
});

test.each<[string, string, object]>([
  ["a source", "/v1/tracks", { source: "gs://library/a.wav", title: "T" }],
  ["a job", "/v1/jobs", job("r6")],
  ["a ping", "/v1/pings", { targets: ["tempo"] }],
  ["a backfill", "/v1/backfills", { targets: ["tempo"] }],
])("%s is carried out once under its key", async (what, path, body) => {
  const key = `k6-${what.replace(" ", "-")}`;
  const first = await json(path, key, body);
  expect(first.status).toBe(202);
  // Keys in another order are the same request.
  const reordered = Object.fromEntries(Object.entries(body).reverse());
  expect(await json(path, key, reordered, other)).toEqual({ ...first, replayed: "true" });
});

test("a replay is carried out once under its key", async () => {
  const { body } = await wav(null, "to be replayed");
  const path = `/v1/tracks/${body.id}/replay`;
  const first = await json(path, "k7", { force: ["tempo"] });
  expect(first).toMatchObject({ status: 202, body: { id: body.id, force: ["tempo"] } });
  expect(await json(path, "k7", { force: ["tempo"] })).toEqual({ ...first, replayed: "true" });
  const replays = (await api.objects("records")).filter((name) => name.endsWith(`.${body.id}.request.json`));
  expect(replays).toHaveLength(1);
  expect(refusal(await json(path, "k7", {}))).toEqual({ status: 422, code: "idempotency-key-reused" });
});

test("a replay whose answer was lost forces the same work, not more of it", async () => {
  const { body } = await wav(null, "forced twice over");
  const path = `/v1/tracks/${body.id}/replay`;
  await json(path, "k7b", { force: ["tempo"] });
  const bucket = api.names.bucket("records");
  const name = `${createHash("sha256").update("k7b").digest("hex")}.answer.json`;
  await api.store.deleteObject({ bucket, name });
  await json(path, "k7b", { force: ["tempo"] }, other);
  await json(path, null, { force: ["tempo"] });
  const forced = async () =>
    (await api.published("master", 1))
      .map((message) => ArtifactReady.parse(message))
      .filter(({ request }) => request.trackId === body.id && request.force.length > 0);
  await expect.poll(async () => (await forced()).length).toBe(3);
  const [first, again, another] = (await forced()).map(({ request }) => request.requestId);
  expect(first).toBeDefined();
  expect(again).toBe(first);
  expect(another).not.toBe(first);
});

test("a refused request leaves its key unused", async () => {
  expect((await json("/v1/tracks", "k8", { source: "gs://test-test-masters/x" })).status).toBe(422);
  expect((await json("/v1/tracks", "k8", { source: "gs://library/a.wav" })).status).toBe(202);
});

test("a request that was interrupted between its plan and its answer goes on where it was", async () => {
  const first = await wav("k9", "interrupted");
  const { id } = TrackReceipt.parse(first.body);
  // As if the process had died right after the plan was written.
  const bucket = api.names.bucket("records");
  for (const name of await api.objects("records"))
    if (name.endsWith(".answer.json") || name.includes(id)) await api.store.deleteObject({ bucket, name });
  expect((await fetch(`${api.url}/v1/tracks/${id}`)).status).toBe(404);
  const again = await wav("k9", "interrupted", "", other);
  expect(again).toMatchObject({ status: 202, replayed: null, body: { id } });
  expect((await fetch(`${api.url}/v1/tracks/${id}`)).status).toBe(200);
  expect(await api.objects("scratch")).toEqual([]);
});

test("a track that was planned long ago is accepted only when the queue has confirmed it", async () => {
  const key = "planned-long-ago";
  await wav(key, "planned");
  const bucket = api.names.bucket("records");
  const name = (what: string) => `${createHash("sha256").update(key).digest("hex")}.${what}.json`;
  const claim = Object(await api.store.readJson({ bucket, name: name("request") }));
  const requestedAt = new Date(Date.now() - 3_600_000).toISOString();
  const plan = { ...claim.plan, request: { ...claim.plan.request, requestedAt } };
  await api.store.deleteObject({ bucket, name: name("answer") });
  const body = Buffer.from(JSON.stringify({ ...claim, plan }));
  await api.store.writeObject({ bucket, name: name("request"), body, createOnly: false });

  const away = () => Promise.reject(new ProblemError("unavailable", "the queue is away"));
  const publisher = { ...api.context.publisher, announce: away, announceLate: away };
  const app = await createApp({ ...api.context, publisher });
  const base = await app.listen({ host: "127.0.0.1", port: 0 });
  expect((await wav(key, "planned", "", base)).status).toBe(503);
  await app.close();
  expect(await wav(key, "planned")).toMatchObject({ status: 202, body: { id: plan.trackId } });
});

test.each(["", '"', '""', "a b", "ü", "x".repeat(256), 'a"b', "a, b"])("%j is no key", async (key) => {
  // Header values are sent as bytes.
  const sent = await wav(Buffer.from(key, "utf8").toString("latin1"), "x");
  expect(refusal(sent)).toEqual({ status: 400, code: "invalid-request" });
});

test.each(["x", "x".repeat(255), "../../masters/x", "__proto__", "8e03978e-40d5-43dd-bc93-6894a57f9324"])(
  "%j is a key",
  async (key) => {
    const first = await wav(key, `with key ${key}`);
    expect(first.status).toBe(202);
    expect((await wav(key, `with key ${key}`)).body).toEqual(first.body);
  },
);
