// Keys as clients meet them: what they are for, when they end, what is kept of who used them.
import { randomBytes } from "node:crypto";
import { createId, Problem } from "@segue/contracts";
import type { OpenAPIV3_1 } from "openapi-types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readIngestConfig } from "../config.ts";
import { adminKey, type KeyedApi, type Seen, startKeyedApi } from "../fixtures/keyed-api.ts";
import { openEvents } from "../fixtures/read-events.ts";
import { listOperations } from "../openapi/operations.ts";
import { makeKey } from "./key-text.ts";
import { neededFor } from "./scopes-of.ts";

let keyed: KeyedApi;
beforeAll(async () => {
  keyed = await startKeyedApi();
});
afterAll(() => keyed[Symbol.asyncDispose]());

const refusal = ({ status, json }: Seen) => ({ status, code: Problem.parse(json).code });
const refused = { status: 401, code: "key-refused" };
const statusOf = async (key: string | null, path = "/v1/tracks") => (await keyed.ask(key, path)).status;

test("without a key nothing is answered but what is open to all", async () => {
  for (const path of ["/healthz", "/readyz", "/openapi.json", "/v1/errors"])
    expect([path, await statusOf(null, path)]).toEqual([path, 200]);
  const answer = await keyed.ask(null, "/v1/tracks");
  expect(refusal(answer)).toEqual({ status: 401, code: "key-required" });
  expect(answer.headers["www-authenticate"]).toBe('Bearer realm="segue"');
});

test.each([
  ["a word", "Bearer x"],
  ["another scheme", `Basic ${makeKey().text}`],
  ["a key that was not copied whole", `Bearer ${makeKey().text.slice(0, -1)}`],
  ["one that nobody has made", `Bearer ${makeKey().text}`],
  ["a digest", `Bearer ${makeKey().digest.toString("hex")}`],
  ["nothing", "Bearer"],
  ["the admin's, and more", `Bearer ${adminKey}x`],
])("%s is no key", async (_what, authorization) => {
  const answer = await keyed.ask(null, "/v1/tracks", { headers: { authorization } });
  expect(refusal(answer)).toEqual(refused);
  expect(answer.headers["www-authenticate"]).toContain('error="invalid_token"');
});

test("the digest alone is kept, and a key with another secret under a known id is none", async () => {
  const { key, resource } = await keyed.makeKey({});
  expect(await statusOf(key)).toBe(200);
  const { rows } = await keyed.api.pool.query(
    "select to_jsonb(k) as row, digest from api_keys k where id = $1",
    [resource.id],
  );
  expect(JSON.stringify(rows[0].row)).not.toContain(key.slice(16));
  const other = makeKey((bytes) => (bytes === 9 ? Buffer.alloc(9) : randomBytes(bytes)));
  await keyed.api.pool.query("update api_keys set id = $1 where id = $2", [other.id, resource.id]);
  expect(refusal(await keyed.ask(other.text, "/v1/tracks"))).toEqual(refused);
});

test("each operation takes a key with its scope, and no other", async () => {
  const document = (await keyed.ask(null, "/openapi.json")).json as unknown as OpenAPIV3_1.Document;
  const all = ["tracks:read", "tracks:write", "operate", "keys"] as const;
  const keys = new Map<string, string>();
  for (const scope of all) keys.set(scope, (await keyed.makeKey({ scopes: [scope] })).key);
  for (const { path, method, operation } of listOperations(document)) {
    const needed = neededFor(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1"));
    const named = [operation.operationId, operation.security];
    expect(named).toEqual([operation.operationId, needed === "open" ? [] : [{ apiKey: needed }]]);
    if (needed === "open") continue;
    expect(Object.keys(operation.responses ?? {})).toEqual(expect.arrayContaining(["401", "403", "429"]));
    // What is asked for is not there, or not in form: whoever gets so far was let in.
    const url = path.replaceAll(/\{\w+\}/g, "x");
    for (const scope of all) {
      const key = keys.get(scope) ?? "";
      const controller = new AbortController();
      const headers = { authorization: `Bearer ${key}` };
      const { status } = await fetch(`${keyed.api.url}${url}`, {
        method: method.toUpperCase(),
        headers,
        signal: controller.signal,
      });
      controller.abort();
      const isLetIn = needed.length === 0 || (needed as readonly string[]).includes(scope);
      expect([method, path, scope, status === 403]).toEqual([method, path, scope, !isLetIn]);
    }
  }
  const answer = await keyed.ask(keys.get("keys") ?? "", "/v1/tracks");
  expect(refusal(answer)).toEqual({ status: 403, code: "scope-missing" });
  expect(answer.headers["www-authenticate"]).toContain('scope="tracks:read"');
});

test("keys are off on loopback and required beyond it, unless it is said otherwise", () => {
  const modeOf = (env: NodeJS.ProcessEnv) =>
    readIngestConfig({ DATABASE_URL: "postgres://h/d", ...env }).apiKeys;
  expect([modeOf({}), modeOf({ SEGUE_API_HOST: "localhost" })]).toEqual(["off", "off"]);
  expect(modeOf({ SEGUE_API_HOST: "0.0.0.0" })).toBe("required");
  expect(modeOf({ SEGUE_API_URL: "http://127.0.0.1:8080" })).toBe("off");
  expect(modeOf({ SEGUE_API_URL: "https://api.example" })).toBe("required");
  expect(modeOf({ SEGUE_API_HOST: "0.0.0.0", SEGUE_API_KEYS: "off" })).toBe("off");
  expect(modeOf({ SEGUE_API_KEYS: "required" })).toBe("required");
  for (const wrong of [
    { SEGUE_API_KEYS: "on" },
    { SEGUE_ADMIN_KEY: "short" },
    { SEGUE_ADMIN_KEY: `${"x".repeat(40)} ` },
  ])
    expect(() => modeOf(wrong)).toThrow(Object.keys(wrong)[0]);
});

test("a route that nobody has given scopes is no route", () => {
  expect(() => neededFor("GET", "/v1/new")).toThrow("expected the scopes that it takes");
  expect(neededFor("HEAD", "/v1/tracks")).toEqual(["tracks:read"]);
});

test("a key that is withdrawn, or over, is refused; one that is rotated goes on for a while", async () => {
  const first = await keyed.makeKey({ name: "first" });
  const ended = await keyed.makeKey({ expiresAt: new Date(Date.now() - 1_000).toISOString() });
  expect(refusal(await keyed.ask(ended.key, "/v1/tracks"))).toEqual(refused);
  const rotated = await keyed.post(adminKey, `/v1/keys/${first.resource.id}/rotate`, { graceSec: 3_600 });
  expect(rotated).toMatchObject({ status: 201, headers: { "cache-control": "no-store" } });
  const { key, resource } = rotated.json as unknown as typeof first;
  expect(resource).toMatchObject({
    name: "first",
    owner: "acme",
    scopes: first.resource.scopes,
    expiresAt: null,
  });
  expect([await statusOf(first.key), await statusOf(key)]).toEqual([200, 200]);
  expect((await keyed.post(adminKey, `/v1/keys/${first.resource.id}/rotate`, { graceSec: 0 })).status).toBe(
    201,
  );
  expect([await statusOf(first.key), await statusOf(key)]).toEqual([401, 200]);
  expect(refusal(await keyed.post(adminKey, `/v1/keys/${first.resource.id}/rotate`))).toEqual({
    status: 409,
    code: "conflict",
  });
  expect((await keyed.revoke(adminKey, resource.id)).revokedAt).not.toBeNull();
  expect(refusal(await keyed.ask(key, "/v1/tracks"))).toEqual(refused);
  const again = await keyed.revoke(adminKey, resource.id);
  expect(again.revokedAt).toBe((await keyed.revoke(adminKey, resource.id)).revokedAt);
});

test("with a key that got out those go that it has made, and what they have open, and no others", async () => {
  const stolen = await keyed.makeKey({ scopes: ["tracks:read", "keys"], name: "stolen" });
  const makeBy = async (key: string) => {
    const made = await keyed.post(key, "/v1/keys", { name: "made", scopes: ["tracks:read", "keys"] });
    return made.json as unknown as typeof stolen;
  };
  const child = await makeBy(stolen.key);
  const grandchild = await makeBy(child.key);
  const rotated = (await keyed.post(stolen.key, `/v1/keys/${stolen.resource.id}/rotate`))
    .json as unknown as typeof stolen;
  const other = await keyed.makeKey({});
  const openFor = (made: typeof stolen) =>
    openEvents(`${keyed.api.url}/v1/changes/events?since=now`, undefined, made.key);
  const events = [await openFor(grandchild), await openFor(rotated), await openFor(other)];
  for (const each of events) await each.begun();
  const gone = await keyed.ask(adminKey, `/v1/keys/${stolen.resource.id}?made=true`, { method: "DELETE" });
  expect(gone).toMatchObject({ status: 200, json: { id: stolen.resource.id } });
  const all = [stolen, child, grandchild, rotated];
  expect(new Set(gone.json.withdrawn as string[])).toEqual(new Set(all.map(({ resource }) => resource.id)));
  for (const { key } of all) expect(await statusOf(key)).toBe(401);
  await Promise.all(events.slice(0, 2).map((each) => each.ended()));
  expect(await statusOf(other.key)).toBe(200);
  // The other one's goes on.
  await keyed.api.pool.query(
    "insert into changes (number, track_id, type, state, owner) values (1, $1, 'track.done', 'done', 'acme')",
    [createId(new Date())],
  );
  expect(await events.at(-1)?.next(1)).toMatchObject([{ data: { type: "track.done" } }]);
  events.at(-1)?.leave();
  // Without being told to, a key goes alone.
  const [parent] = [await keyed.makeKey({ scopes: ["tracks:read", "keys"] })];
  const kept = await makeBy(parent.key);
  await keyed.revoke(adminKey, parent.resource.id);
  expect([await statusOf(parent.key), await statusOf(kept.key)]).toEqual([401, 200]);
});

test("what whoever operates the fleet has done is in no owner's audit", async () => {
  const { key, resource } = await keyed.makeKey({ owner: "default", scopes: ["keys"] });
  await keyed.revoke(adminKey, resource.id);
  const reader = await keyed.makeKey({ owner: "default", scopes: ["keys"] });
  await keyed.post(reader.key, "/v1/keys", { name: "own", scopes: ["keys"] });
  const read = async (by: string) =>
    (await keyed.ask(by, "/v1/audit")).json.entries as {
      keyId: string;
      owner: string | null;
      action: string;
    }[];
  await expect
    .poll(async () => (await read(reader.key)).map(({ action }) => action), { timeout: 30_000 })
    .toEqual(["createKey"]);
  expect((await read(adminKey)).filter(({ keyId }) => keyId === "admin")).not.toEqual([]);
  expect(await statusOf(key, "/v1/keys")).toBe(401);
});

test("a key makes none that may do more than itself", async () => {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const asked = {
    scopes: ["tracks:read", "keys"],
    requestsPerSec: 1_000,
    tracksPerDay: 5,
    expiresAt,
  } as const;
  const { key } = await keyed.makeKey({ ...asked, scopes: [...asked.scopes] });
  const make = (body: object) => keyed.post(key, "/v1/keys", { name: "n", scopes: ["tracks:read"], ...body });
  const forbidden = { status: 403, code: "scope-missing" };
  for (const more of [
    { scopes: ["tracks:write"] },
    { scopes: ["operate"] },
    { owner: "bert" },
    { tracksPerDay: 6 },
    { requestsPerSec: 1 },
  ])
    expect([more, refusal(await make(more))]).toEqual([more, forbidden]);
  const child = (await make({})).json as { resource: object };
  expect(child.resource).toMatchObject({ owner: "acme", tracksPerDay: 5, requestsPerSec: 1_000, expiresAt });
  // Its own owner's alone are there for it, and of those none that may do more is made anew for it.
  const others = await keyed.makeKey({ owner: "bert" });
  for (const path of [`/v1/keys/${others.resource.id}/rotate`, "/v1/keys/zzzzzzzzzzzz/rotate"])
    expect(refusal(await keyed.post(key, path))).toEqual({ status: 404, code: "not-found" });
  const writer = await keyed.makeKey({ scopes: ["tracks:write"] });
  expect(refusal(await keyed.post(key, `/v1/keys/${writer.resource.id}/rotate`))).toEqual(forbidden);
  // Nor one that lasts longer, or has other limits.
  const lasting = await keyed.makeKey({ scopes: ["tracks:read"], tracksPerDay: 5 });
  const wider = await keyed.makeKey({ scopes: ["tracks:read"], expiresAt });
  for (const { resource } of [lasting, wider])
    expect(refusal(await keyed.post(key, `/v1/keys/${resource.id}/rotate`))).toEqual(forbidden);
});

test("what has not failed is made again for whoever operates the fleet alone", async () => {
  const writer = await keyed.makeKey({ scopes: ["tracks:read", "tracks:write"] });
  const replay = (force: unknown) =>
    keyed.post(writer.key, `/v1/tracks/${createId(new Date())}/replay`, { force });
  expect(refusal(await replay(["tempo"]))).toEqual({ status: 403, code: "scope-missing" });
  for (const force of ["failed", undefined])
    expect(refusal(await replay(force))).toEqual({ status: 404, code: "not-found" });
});

test("no path keeps the audit from what comes after it", async () => {
  const { key } = await keyed.makeKey({ owner: "dora", scopes: ["keys"] });
  expect((await keyed.ask(key, `/v1/keys/a%00${"b".repeat(300)}`, { method: "DELETE" })).status).toBe(400);
  await keyed.post(key, "/v1/keys", { name: "next", scopes: ["keys"] });
  const actions = async () =>
    ((await keyed.ask(key, "/v1/audit")).json.entries as { action: string }[]).map(({ action }) => action);
  await expect.poll(actions, { timeout: 30_000 }).toEqual(["createKey", "revokeKey"]);
});

test("who wrote what is kept, without a word of what a key is", async () => {
  const { key, resource } = await keyed.makeKey({ owner: "carol", scopes: ["tracks:write", "keys"] });
  const headers = { "content-type": "audio/wav", "x-request-id": "posted-by-carol" };
  const posted = await keyed.ask(key, "/v1/tracks?title=secret-title", {
    method: "POST",
    body: "bytes",
    headers,
  });
  await keyed.ask(key, "/v1/tracks", { method: "POST", body: "x", headers: { "content-type": "text" } });
  const child = await keyed.post(key, "/v1/keys", { name: "child", scopes: ["keys"] });
  const { id } = (child.json as { resource: { id: string } }).resource;
  await keyed.revoke(key, id);
  const entries = async () => (await keyed.ask(key, "/v1/audit")).json.entries as Record<string, unknown>[];
  await expect.poll(async () => (await entries()).length, { timeout: 30_000 }).toBe(4);
  const by = { keyId: resource.id, owner: "carol", address: "127.0.0.1" };
  expect((await entries()).toReversed()).toMatchObject([
    { ...by, action: "createTrack", object: posted.json.id, status: 202, requestId: "posted-by-carol" },
    { ...by, action: "createTrack", object: null, status: 415 },
    { ...by, action: "createKey", object: id, status: 201 },
    { ...by, action: "revokeKey", object: id, status: 200 },
  ]);
  const [page] = [await keyed.ask(key, "/v1/audit?limit=3")];
  expect(page.json.entries).toHaveLength(3);
  const next = await keyed.ask(key, `/v1/audit?limit=3&cursor=${page.json.nextCursor}`);
  expect(next.json).toMatchObject({ entries: [{ action: "createTrack" }], nextCursor: null });
  const { rows } = await keyed.api.pool.query("select to_jsonb(a) as row from api_audit a");
  const all = JSON.stringify([rows, await keyed.ask(adminKey, "/v1/keys"), page]);
  for (const secret of [key, key.slice(16), adminKey, "secret-title"]) expect(all).not.toContain(secret);
  const used = (await keyed.ask(adminKey, "/v1/keys")).json.keys as {
    id: string;
    lastUsedAt: string | null;
  }[];
  expect(used.find((each) => each.id === resource.id)?.lastUsedAt).toMatch(/:00:00\.000Z$/);
});
