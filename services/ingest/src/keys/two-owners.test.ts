// The traffic of two owners, crossed at random over all operations that the description has: whatever one asks with ids, hashes and cursors of the other's, nothing of the
// other's is in any answer, and the answer is that for what never was.
import { randomBytes } from "node:crypto";
import { createId } from "@segue/contracts";
import type { OpenAPIV3_1 } from "openapi-types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeCursor } from "../cursor.ts";
import {
  blind,
  bodyOf,
  createPicks,
  fill,
  foreign,
  leaks,
  makeWebhook,
  neverWas,
  type Side,
} from "../fixtures/crossed-requests.ts";
import { type KeyedApi, type Seen, startKeyedApi } from "../fixtures/keyed-api.ts";
import { insertOwnedTrack } from "../fixtures/owned-tracks.ts";
import { openEvents } from "../fixtures/read-events.ts";
import { listOperations, type Operation } from "../openapi/operations.ts";
import { neededFor } from "./scopes-of.ts";

const owners = ["acme", "bert"] as const;
type Owner = (typeof owners)[number];
const seed = Number(process.env.SEED ?? randomBytes(4).readUInt32LE());
const { pick, random } = createPicks(seed);

let keyed: KeyedApi;
let operations: Operation[];
const sides = new Map<Owner, Side>();
const sideOf = (owner: Owner) => sides.get(owner) ?? expect.unreachable();
const otherOf = (owner: string) => sideOf(owner === "acme" ? "bert" : "acme");

beforeAll(async () => {
  keyed = await startKeyedApi();
  const document = (await keyed.ask(null, "/openapi.json")).json as unknown as OpenAPIV3_1.Document;
  operations = listOperations(document);
  for (const owner of owners) {
    const name = `${owner}-key-name`;
    const own = await keyed.makeKey({
      owner,
      name,
      scopes: ["tracks:read", "tracks:write", "webhooks", "keys"],
    });
    const operator = await keyed.makeKey({ owner, name, scopes: ["tracks:read", "tracks:write", "operate"] });
    const tracks = [];
    for (let n = 0; n < 3; n++)
      tracks.push(
        await insertOwnedTrack(keyed.api, owner, n, n === 0 ? "shared by both" : `${owner} bytes ${n}`),
      );
    const { id: keyId } = own.resource;
    const webhook = await makeWebhook(keyed, own.key, `https://${owner}-hook.example/`);
    const begun = (await keyed.post(own.key, "/v1/uploads", { sizeBytes: 10, title: `${owner} upload` }))
      .json;
    const [uploadId, session] = [String(begun.id), new URL(String(begun.sessionUrl))];
    const secrets = [
      ...[keyId, name, operator.resource.id, ...tracks.flatMap((track) => track.secrets)],
      ...[webhook.webhookId, webhook.deliveryId, `${owner}-hook`],
      ...[uploadId, `${owner} upload`, session.searchParams.get("upload_id") ?? expect.unreachable()],
    ];
    const keys = { key: own.key, keyId, operator: operator.key };
    sides.set(owner, { owner, ...keys, ...webhook, uploadId, tracks, secrets });
  }
});
afterAll(() => keyed[Symbol.asyncDispose]());

/** By design: what is of the fleet, and of no owner. */
const ofTheFleet = ["Backfill", "Ping", "getTools", "listKinds", "listSteps"];
const crossed = () =>
  operations.filter(
    ({ path, method, operation: { operationId = "" } }) =>
      neededFor(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1")) !== "open" &&
      !ofTheFleet.some((name) => operationId.includes(name)) &&
      !path.startsWith("/v1/jobs") &&
      !operationId.startsWith("stream") &&
      !["createBatch", "createKey", "createTrack", "createWebhook"].includes(operationId),
  );

/** The audit tells what somebody has asked for, in vain. */
function withoutAskedFor(seen: Seen): Seen {
  const { entries } = seen.json as { entries?: { status: number }[] };
  return entries ? { ...seen, text: JSON.stringify(entries.filter(({ status }) => status < 400)) } : seen;
}

test("with ids and hashes of the other's, every operation answers as with those of nobody's", async () => {
  const covered = new Set<string>();
  for (let round = 0; round < 6; round++)
    for (const operation of crossed()) {
      const own = sideOf(pick(owners));
      const other = otherOf(own.owner);
      const values = foreign(pick, other, own, operation);
      const { parameters = [], operationId = "" } = operation.operation;
      const { method } = operation;
      const init = {
        ...(["post", "put", "patch"].includes(method)
          ? bodyOf(operation)
          : { headers: { "x-request-id": "the-same" } }),
        method: method.toUpperCase(),
      };
      const queries = (parameters as OpenAPIV3_1.ParameterObject[]).filter(
        ({ in: at, name }) => at === "query" && name in values,
      );
      const isOwnTrack = operation.path.includes("{address}") && random() < 0.5;
      const kind = operation.path.includes("/corrections") ? "tempo" : pick(["aac", "master"]);
      const send = async (given: typeof values) => {
        const { path, sent } = fill(operation, given, { isOwnTrack, kind });
        const asked = queries.map(({ name }) => [name, given[name]?.() ?? ""] as const);
        const url = asked.length > 0 ? `${path}?${new URLSearchParams(Object.fromEntries(asked))}` : path;
        return {
          seen: await keyed.ask(own.key, url, init),
          sent: [...sent, ...asked.map(([, value]) => value)],
        };
      };
      const theirs = await send(values);
      const nobodys = await send(neverWas(random, values, operation));
      const name = `seed ${seed}: ${operationId}`;
      for (const { seen, sent } of [theirs, nobodys])
        expect([name, leaks(withoutAskedFor(seen), other, sent)]).toEqual([name, []]);
      if (theirs.sent.length === 0) continue;
      covered.add(operationId);
      expect([name, blind(theirs.seen, theirs.sent)]).toEqual([name, blind(nobodys.seen, nobodys.sent)]);
    }
  const ofTracks =
    "getTrack getTrackHistory cancelTrack deleteTrack getAsset getAssetAtAddress getRendering getRenderingAtAddress";
  const ofCorrections = "getCorrections correctTrack takeBackCorrection listCorrections";
  const ofMany =
    "getTakedown listTracks listSimilarTracks listChanges makePlaylist replayTrack revokeKey rotateKey";
  const ofWebhooks = "getWebhook changeWebhook deleteWebhook rotateWebhookSecret testWebhook";
  const ofDeliveries = "listDeliveries replayDelivery replayDeliveries";
  const ofUploads = "getUpload completeUpload deleteUpload";
  const all = [ofTracks, ofCorrections, ofMany, ofWebhooks, ofDeliveries, ofUploads].flatMap((names) =>
    names.split(" "),
  );
  expect([...covered].toSorted()).toEqual(all.toSorted());
  // Nothing was done to what is the other's.
  for (const { key, tracks, uploadId } of sides.values()) {
    expect((await keyed.ask(key, `/v1/uploads/${uploadId}`)).json).toMatchObject({ state: "open" });
    const { json } = await keyed.ask(key, `/v1/tracks?ids=${tracks.map(({ id }) => id).join(",")}`);
    expect(json.tracks).toHaveLength(3);
    const { webhooks } = (await keyed.ask(key, "/v1/webhooks")).json;
    expect(webhooks).toMatchObject([{ description: "" }]);
  }
});

test("lists, pages behind a cursor of the other's, changes and the audit have one's own alone", async () => {
  for (const { owner, key, keyId, tracks } of sides.values()) {
    const other = otherOf(owner);
    const cursors = other.tracks.map(({ id }) => encodeCursor(id));
    const read = async (path: string) => {
      const seen = await keyed.ask(key, path);
      expect([path, seen.status, leaks(withoutAskedFor(seen), other, [])]).toEqual([path, 200, []]);
      return seen.json;
    };
    const all = (await read("/v1/tracks")).tracks as { id: string }[];
    expect(all.map(({ id }) => id).toSorted()).toEqual(tracks.map(({ id }) => id).toSorted());
    for (const query of ["state=partial", "failed=true", "code=retries-exhausted", "step=tempo"])
      expect((await read(`/v1/tracks?${query}`)).tracks).toHaveLength(3);
    for (const cursor of cursors) await read(`/v1/tracks?cursor=${cursor}`);
    const found = async (query: string) =>
      ((await read(`/v1/search?${query}`)).tracks as { id: string }[]).map(({ id }) => id).toSorted();
    const own = tracks.map(({ id }) => id).toSorted();
    for (const query of ["", "bpm=100..110", "state=partial", "sort=bpm", `words=${owner}`])
      expect(await found(query)).toEqual(own);
    expect(await found(`where=codec%3D${other.owner}-codec-1`)).toEqual([]);
    expect(await found(`words=${other.owner}`)).toEqual([]);
    expect(await found(`where=metadata.label%3D${other.owner}-label-1`)).toEqual([]);
    for (const { id } of tracks) {
      const near = (await read(`/v1/tracks/${id}/similar`)).tracks as { id: string }[];
      expect(near.map((track) => track.id).toSorted()).toEqual(own.filter((one) => one !== id));
    }
    for (const query of ["", "course=100..103", "variant=7", `seed=${own[0]}`]) {
      const made = (await read(`/v1/playlists?${query}&minutes=3`)).tracks as { id: string }[];
      expect(made.map(({ id }) => id).toSorted()).toEqual(own);
      for (const format of ["m3u8", "jspf"]) await read(`/v1/playlists?${query}&minutes=3&format=${format}`);
    }
    for (const format of ["csv", "jsonl", "rekordbox"]) await read(`/v1/search/export?format=${format}`);
    const exported = (await keyed.ask(key, "/v1/search/export?columns=id")).text.trim().split("\r\n");
    expect(exported.toSorted()).toEqual([...own, "id"]);
    const counted = await read("/v1/search/facets?facets=codec,state");
    expect(counted).toMatchObject({ tracks: 3, facets: { state: [{ value: "partial", tracks: 3 }] } });
    const page = (await keyed.ask(other.key, "/v1/search?limit=1")).json;
    const { status } = await keyed.ask(key, `/v1/search?limit=1&cursor=${page.nextCursor}`);
    expect(status).toBe(400);
    const changes = (await read("/v1/changes")).changes as { trackId: string; cursor: string }[];
    expect(changes).toHaveLength(6);
    const theirs = (await keyed.ask(other.key, "/v1/changes")).json.changes as { cursor: string }[];
    for (const { cursor } of theirs) await read(`/v1/changes?since=${cursor}`);
    expect((await read("/v1/keys")).keys).toHaveLength(2);
    const { entries } = (await read("/v1/audit")) as { entries: { keyId: string }[] };
    expect(new Set(entries.map((entry) => entry.keyId))).toEqual(new Set(entries.length > 0 ? [keyId] : []));
    for (const track of tracks)
      for (const part of ["", "/history", "/corrections"]) await read(`/v1/tracks/${track.id}${part}`);
  }
});

test("events are one's own; a track of the other's has none", async () => {
  const [acme, bert] = [sideOf("acme"), sideOf("bert")];
  const { pool, url } = keyed.api;
  const events = await openEvents(`${url}/v1/changes/events?since=now`, undefined, acme.key);
  await events.begun();
  for (const { owner, tracks } of [bert, acme])
    await pool.query(
      `insert into changes (number, track_id, type, state, owner) select max(number) + 1, $1, 'track.done', 'done', $2 from changes`,
      [tracks[0]?.id, owner],
    );
  const [event] = await events.next(1);
  expect(event?.data).toMatchObject({ trackId: acme.tracks[0]?.id });
  expect(bert.secrets.filter((secret) => events.raw().includes(secret))).toEqual([]);
  events.leave();
  for (const id of [bert.tracks[0]?.id ?? "", createId(new Date())])
    expect(await keyed.ask(acme.key, `/v1/tracks/${id}/events`)).toMatchObject({ status: 404 });
});

test("the same bytes, the same Idempotency-Key, the same request_id are each owner's own", async () => {
  const { api } = keyed;
  await api.store.ensureBucket({ name: "library", softDeleteRetentionSec: 0 });
  await api.store.writeObject({
    bucket: "library",
    name: "a.wav",
    body: Buffer.from("RIFF"),
    createOnly: true,
  });
  const job = {
    request_id: "r1",
    release_id: "1",
    asset_id: "1",
    asset_guid: "1",
    derivative_assets: [],
    source: "gs://library/a.wav",
  };
  const ids: string[] = [];
  for (const { owner, key, operator, secrets } of sides.values()) {
    const headers = { "content-type": "audio/wav", "idempotency-key": "k1" };
    const posted = await keyed.ask(key, `/v1/tracks?title=${owner}`, {
      method: "POST",
      body: "the same bytes",
      headers,
    });
    expect(posted).toMatchObject({ status: 202 });
    expect(posted.headers["idempotency-replayed"]).toBeUndefined();
    const again = await keyed.ask(key, `/v1/tracks?title=${owner}`, {
      method: "POST",
      body: "the same bytes",
      headers,
    });
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(again.json).toEqual(posted.json);
    // Its own source, under a name that both use.
    const asked = await keyed.post(operator, "/v1/jobs", { ...job, asset_id: owner });
    expect(asked).toMatchObject({ status: 202, json: { asset_id: owner } });
    expect(await keyed.ask(operator, "/v1/jobs/r1")).toMatchObject({ json: { asset_id: owner } });
    ids.push(String(posted.json.id), String(asked.json.track_id));
    secrets.push(String(posted.json.id), String(asked.json.track_id));
  }
  expect(new Set(ids).size).toBe(4);
  await keyed.post(sideOf("bert").operator, "/v1/jobs", { ...job, request_id: "bert-job" });
  const [theirs, nobodys] = await Promise.all(
    ["bert-job", "none-job"].map((id) =>
      keyed.ask(sideOf("acme").operator, `/v1/jobs/${id}`, { headers: { "x-request-id": "r" } }),
    ),
  );
  expect(blind(theirs as Seen, ["bert-job"])).toEqual(blind(nobodys as Seen, ["none-job"]));
});

test("that a result was there already is told to nobody who does not operate the fleet", async () => {
  const { key, operator, tracks } = sideOf("acme");
  const path = `/v1/tracks/${tracks[0]?.id}`;
  const stepsOf = async (as: string) =>
    (await keyed.ask(as, path)).json.steps as { step: string; how: string | null; attempt: unknown }[];
  const work = (steps: { how: string | null; attempt: unknown }[]) =>
    steps.filter(({ how, attempt }) => how !== null || attempt !== null).length;
  expect(work(await stepsOf(key))).toBe(0);
  expect(work(await stepsOf(operator))).toBe(2);
  expect((await keyed.ask(key, `${path}/history`)).json).toMatchObject({
    attempts: [],
    deadLetters: [{ code: "retries-exhausted", story: [] }],
  });
  expect((await keyed.ask(operator, `${path}/history`)).json.attempts).toHaveLength(2);
  // The file is as old as the other's, which brought it first; the track is not.
  const { pool } = keyed.api;
  await pool.query("update tracks set accepted_at = now() + interval '1 hour' where id = $1", [
    tracks[0]?.id,
  ]);
  for (const kind of ["aac", "master"]) {
    const { headers } = await keyed.ask(key, `${path}/assets/${kind}`);
    const acceptedAt = new Date(String((await keyed.ask(key, path)).json.acceptedAt));
    if (kind === "aac") expect(headers["last-modified"]).toBe(acceptedAt.toUTCString());
  }
});

test("whoever operates the fleet replays others' tracks, and reads them no more for that", async () => {
  const { id } = sideOf("bert").tracks[1] ?? expect.unreachable();
  const replayed = await keyed.post(sideOf("acme").operator, `/v1/tracks/${id}/replay`);
  expect(replayed).toMatchObject({ status: 202, json: { id } });
  expect(await keyed.ask(sideOf("acme").operator, `/v1/tracks/${id}`)).toMatchObject({ status: 404 });
});
