import { CreatedWebhook, News, WebhookResource } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(async () => void (await api.pool.query("delete from webhooks")));

const ask = async (method: string, path: string, body?: object) => {
  const answer = await fetch(`${api.url}/v1/webhooks${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    location: answer.headers.get("location"),
    body: text === "" ? undefined : (JSON.parse(text) as unknown),
  };
};
const url = "https://example.com/hook?token=x";
const create = async (body: object = {}) =>
  CreatedWebhook.parse((await ask("POST", "", { url, ...body })).body);
const nowhere = "/01900000-0000-7000-8000-000000000099";

test("one is made, changed, paused and removed, and its secret is told once", async () => {
  const made = await ask("POST", "", { url, types: ["track.done", "track.done"], description: "search" });
  const { secret, ...webhook } = CreatedWebhook.parse(made.body);
  expect(made).toMatchObject({ status: 201, location: `${api.url}/v1/webhooks/${webhook.id}` });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(webhook).toMatchObject({
    ...{ url, types: ["track.done"], description: "search", state: "active", waiting: 0 },
    ...{ disabledReason: null, failingSince: null, gapAt: null, oldestWaitingAt: null },
    secrets: [{ expiresAt: null }],
  });
  expect(await ask("GET", `/${webhook.id}`)).toMatchObject({ status: 200, body: webhook });
  expect((await ask("GET", "")).body).toEqual({ webhooks: [webhook] });
  const changed = await ask("PATCH", `/${webhook.id}`, { active: false, description: "" });
  expect(changed.body).toEqual({ ...webhook, state: "paused", description: "" });
  expect((await ask("PATCH", `/${webhook.id}`, {})).body).toEqual(changed.body);
  expect((await ask("PATCH", `/${webhook.id}`, { active: true })).body).toMatchObject({ state: "active" });
  const rotated = await ask("POST", `/${webhook.id}/rotate`, {});
  expect(rotated).toMatchObject({ status: 200, body: { secret: expect.stringMatching(/^whsec_/) } });
  const { secrets } = WebhookResource.parse((await ask("GET", `/${webhook.id}`)).body);
  expect(secrets).toEqual([
    { createdAt: expect.any(String), expiresAt: null },
    { createdAt: webhook.secrets[0]?.createdAt, expiresAt: expect.any(String) },
  ]);
  expect(await ask("DELETE", `/${webhook.id}`)).toMatchObject({ status: 204, body: undefined });
  expect(await ask("DELETE", `/${webhook.id}`)).toMatchObject({ status: 404 });
  const { rows } = await api.pool.query("select count(*)::int as count from webhook_secrets");
  expect(rows).toEqual([{ count: 0 }]);
});

test("what is not asked for gets all but steps, and whoever sends is told that there is something new", async () => {
  const before = News.array().parse(await api.published("news", 0)).length;
  expect((await create()).types).toContain("track.stuck");
  expect((await create()).types.filter((type) => type.startsWith("step."))).toEqual([]);
  const news = News.array().parse(await api.published("news", before + 2));
  expect(news.slice(before).map(({ type }) => type)).toEqual(["WebhooksChanged", "WebhooksChanged"]);
});

test("where it may not lead is refused, and so is what is no webhook", async () => {
  const refused: [object, string][] = [
    [{ url: "http://example.com/" }, "expected an https:// URL, got http://"],
    [{ url: "https://127.0.0.1/" }, "expected a host on the public internet"],
    [{ url: "https://[::1]/" }, "expected a host on the public internet"],
    [{ url: "https://169.254.169.254/latest" }, "expected a host on the public internet"],
    [{ url: "https://name:word@example.com/" }, "without a user name or password"],
    [{ url: "ftp://example.com/" }, "expected an https:// URL"],
    [{ url, types: [] }, "types"],
    [{ url, types: ["track.lost"] }, "types"],
    [{ url, colour: "red" }, "colour"],
    [{}, "url"],
  ];
  for (const [body, words] of refused)
    expect([body, await ask("POST", "", body)]).toMatchObject([
      body,
      { status: 400, body: { code: "invalid-request", detail: expect.stringContaining(words) } },
    ]);
  const { id } = await create();
  expect(await ask("PATCH", `/${id}`, { url: "https://10.0.0.1/" })).toMatchObject({ status: 400 });
  expect(await ask("GET", `/${id}`)).toMatchObject({ body: { url } });
});

test("one that is not there, or is another owner's, is not there for anything", async () => {
  const { id } = await create();
  await api.pool.query("update webhooks set owner = 'other'");
  const delivery = "/deliveries/01900000-0000-7000-8000-000000000002/replay";
  for (const path of [nowhere, `/${id}`]) {
    const asked: [string, string, object?][] = [
      ["GET", path],
      ["PATCH", path, { active: false }],
      ["DELETE", path],
      ["POST", `${path}/rotate`, {}],
      ["POST", `${path}/test`],
      ["GET", `${path}/deliveries`],
      ["POST", `${path}${delivery}`],
      ["POST", `${path}/replay`, { since: "2025-01-01T00:00:00.000Z" }],
    ];
    for (const each of asked) expect([each, await ask(...each)]).toMatchObject([each, { status: 404 }]);
  }
  expect((await ask("GET", "")).body).toEqual({ webhooks: [] });
  const { rows } = await api.pool.query("select active from webhooks");
  expect(rows).toEqual([{ active: true }]);
});

test("so many tests wait at once, and so many secrets sign", async () => {
  const { id } = await create();
  for (let n = 0; n < 10; n++) expect((await ask("POST", `/${id}/test`)).status).toBe(202);
  expect(await ask("POST", `/${id}/test`)).toMatchObject({ status: 409, body: { code: "conflict" } });
  for (let n = 0; n < 4; n++) expect((await ask("POST", `/${id}/rotate`, {})).status).toBe(200);
  expect(await ask("POST", `/${id}/rotate`, {})).toMatchObject({ status: 409, body: { code: "conflict" } });
  expect((await ask("POST", `/${id}/rotate`, { overlapSec: 0 })).status).toBe(200);
});

test("the log has pages, the newest first, by state; what is in it is replayed", async () => {
  const { id } = await create();
  for (let n = 0; n < 5; n++) await ask("POST", `/${id}/test`);
  await api.pool.query(
    "update webhook_deliveries set state = 'failed', next_at = null, last_at = now(), last_status = 500, last_latency_ms = 3, last_answer = 'no' where seq % 2 = 0",
  );
  const page = async (query: string) =>
    (await ask("GET", `/${id}/deliveries${query}`)).body as {
      deliveries: { id: string; state: string }[];
      nextCursor: number | null;
    };
  const all = await page("");
  expect([all.deliveries.length, all.nextCursor]).toEqual([5, null]);
  const first = await page("?limit=3");
  const second = await page(`?limit=3&cursor=${first.nextCursor}`);
  expect([...first.deliveries, ...second.deliveries]).toEqual(all.deliveries);
  expect(second.nextCursor).toBeNull();
  const failed = (await page("?state=failed")).deliveries;
  expect(failed.length).toBeGreaterThan(1);
  expect(failed[0]).toMatchObject({
    ...{ type: "webhook.test", trackId: null, state: "failed", attempts: 0, nextAttemptAt: null },
    lastAttempt: { status: 500, latencyMs: 3, answer: "no" },
  });
  const { id: deliveryId } = failed[0] ?? expect.unreachable();
  expect(await ask("POST", `/${id}/deliveries/${deliveryId}/replay`)).toMatchObject({
    ...{ status: 202, body: { id: deliveryId } },
  });
  expect(await ask("POST", `/${id}/replay`, { since: "2025-01-01T00:00:00.000Z" })).toMatchObject({
    ...{ status: 202, body: { replayed: failed.length - 1, hasMore: false } },
  });
  // The database has no such year.
  expect(await ask("POST", `/${id}/replay`, { since: "0000-01-01T00:00:00.000Z" })).toMatchObject({
    ...{
      status: 400,
      body: { detail: expect.stringContaining("since: expected an instant from the year 0001") },
    },
  });
  expect(await ask("POST", `/${id}/replay`, { since: "0001-01-01T00:00:00.000Z" })).toMatchObject({
    status: 202,
  });
  expect((await page("?state=failed")).deliveries).toEqual([]);
  expect((await page("?state=waiting")).deliveries).toHaveLength(5);
  expect(await ask("GET", `/${id}/deliveries?state=lost`)).toMatchObject({ status: 400 });
  const unknown = `/${id}/deliveries/01900000-0000-7000-8000-000000000002/replay`;
  expect(await ask("POST", unknown)).toMatchObject({ status: 404 });
});

test("where private networks are let in, so are http:// and this machine", async () => {
  await using local = await startLocalApi({ SEGUE_ALLOW_PRIVATE_SOURCES: "1" });
  const answer = await fetch(`${local.url}/v1/webhooks`, {
    method: "POST",
    body: JSON.stringify({ url: "http://127.0.0.1:9/" }),
    headers: { "content-type": "application/json" },
  });
  expect(answer.status).toBe(201);
  await local.stopDatabase();
  expect((await fetch(`${local.url}/v1/webhooks`)).status).toBe(503);
});
