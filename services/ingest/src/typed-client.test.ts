import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type ApiClient, createApiClient, identifyApi, type StreamedEvent, walkSearch } from "@segue/client";
import { backfillActions, createId } from "@segue/contracts";
import type { OpenAPIV3_1 } from "openapi-types";
import { expect, test } from "vitest";
import { startDescribedApi } from "./fixtures/described-api.ts";
import { listOperations } from "./openapi/operations.ts";

const id = "01900000-0000-7000-8000-000000000001";

/** A stream that was left is gone on with. */
async function watchEvents(client: ApiClient): Promise<void> {
  const of = async (events: AsyncIterable<StreamedEvent> | undefined) => {
    for await (const event of events ?? []) return event;
  };
  const oldest = (await client.readChanges({ limit: 1 })).nextCursor;
  expect(await of(await client.streamChanges(oldest))).toMatchObject({ type: "change" });
  const events = await client.streamTrack(id);
  expect(await of(events)).toMatchObject({ type: "track", track: { id } });
  expect(events?.lastEventId()).toEqual(expect.any(String));
  expect(await of(await client.streamTrack(id, events?.lastEventId()))).toMatchObject({ type: "track" });
  expect(await client.streamTrack(id.replace(/1$/, "9"))).toBeUndefined();
}

async function callWebhooks(client: ApiClient): Promise<void> {
  const { id: webhookId, secret } = await client.createWebhook({ url: "https://example.com/a" });
  expect(secret).toMatch(/^whsec_/);
  expect((await client.listWebhooks()).webhooks.map((each) => each.id)).toContain(webhookId);
  expect(await client.changeWebhook(webhookId, { active: false })).toMatchObject({ state: "paused" });
  expect(await client.readWebhook(webhookId)).toMatchObject({ url: "https://example.com/a", waiting: 0 });
  expect((await client.rotateWebhookSecret(webhookId))?.secret).not.toBe(secret);
  const test = await client.testWebhook(webhookId);
  const page = await client.listDeliveries(webhookId, { state: "waiting" });
  expect(page?.deliveries).toMatchObject([{ id: test?.id, type: "webhook.test" }]);
  expect(await client.replayDelivery(webhookId, test?.id ?? "")).toEqual(test);
  expect(await client.replayDeliveries(webhookId, { since: "2025-01-01T00:00:00.000Z" })).toMatchObject({
    replayed: 0,
  });
  expect(await client.deleteWebhook(webhookId)).toBe(true);
  expect(await client.deleteWebhook(webhookId)).toBe(false);
  expect(await client.readWebhook(webhookId)).toBeUndefined();
}

const readAll = async (body: Readable) => (await body.setEncoding("utf8").toArray()).join("");

async function callSearch(client: ApiClient): Promise<void> {
  const { tracks } = await client.searchTracks({ words: "song", where: "codec=aac", sort: "accepted" });
  expect(tracks).toMatchObject([{ id, title: "A Song" }]);
  for await (const track of walkSearch(client, 5, { words: "song" })) expect(track).toEqual(tracks[0]);
  expect(await client.countTracks({ facets: "codec" })).toMatchObject({
    facets: { codec: [{ value: "aac", tracks: 1 }] },
  });
  const { body, isComplete } = await client.openExport({ words: "song", columns: "title,codec" });
  expect([await readAll(body), isComplete]).toEqual(["title,aac.codec\r\nA Song,aac\r\n", true]);
  expect((await client.listSearchedFacts()).facts.map(({ name }) => name)).toContain("tempo.bpm");
  expect(await client.listSimilarTracks(id, { by: "tags.embedding" })).toMatchObject({
    ...{ by: "tags.embedding", model: "m1", tracks: [], isExact: true },
  });
  expect(await client.listSimilarTracks(id.replace(/1$/, "9"))).toBeUndefined();
  const wish = { seed: id, minutes: 1, octaves: "true" } as const;
  expect(await client.makePlaylist(wish)).toMatchObject({ tracks: [{ id, bpm: 120, transition: null }] });
  expect(await client.openPlaylist({ ...wish, format: "m3u8" })).toContain("#EXTINF:3,A Song\n");
  const { asked } = await client.rebuildSearch();
  expect(await client.readSearchRebuild()).toMatchObject({ asked, begun: 0, isComplete: false });
}

async function callCorrections(client: ApiClient): Promise<void> {
  const said = await client.correctTrack(id, "tempo", { facts: { bpm: 120 }, author: "Ada" });
  expect(said).toMatchObject({ facts: { bpm: 120 }, disagreements: [{ relation: "none" }] });
  expect((await client.readCorrections(id))?.corrections).toEqual({ tempo: said });
  const { tracks } = await client.listCorrections({ disagreeing: "true" });
  expect(tracks).toMatchObject([{ id, corrections: { tempo: { author: "Ada" } } }]);
  expect(await client.takeBackCorrection(id, "tempo")).toBe(true);
  expect(await client.takeBackCorrection(id, "tempo")).toBe(false);
  expect(await client.correctTrack(id.replace(/1$/, "9"), "tempo", { facts: { bpm: 1 } })).toBeUndefined();
}

/** Calls every method; each answer is checked against the contracts by the client itself. */
async function callEverything(client: ApiClient, folder: string): Promise<void> {
  const track = await client.readTrack(id);
  const url = track?.results.aac?.asset?.url ?? "";
  expect(await client.downloadAsset(url, join(folder, "aac"))).toBe(true);
  expect(await readFile(join(folder, "aac"), "utf8")).toBe("123456789");
  const image = track?.results.waveform?.renderings.svg;
  for (const [name, from] of Object.entries({ now: image?.latestUrl, forEver: image?.url })) {
    expect(await client.downloadAsset(from ?? "", join(folder, name))).toBe(true);
    expect(await readFile(join(folder, name), "utf8")).toMatch(/^<svg /);
  }
  expect(await client.downloadMaster(id, join(folder, "master"))).toBe(true);
  expect((await client.readPage({ limit: 1, cursor: null }, { state: "partial" })).tracks).toHaveLength(1);
  expect((await client.readProgress([id]))[0]?.state).toBe("partial");
  expect((await client.readChanges({ limit: 1, trackId: id })).changes[0]?.type).toBe("track.accepted");
  await watchEvents(client);
  await callSearch(client);
  await callCorrections(client);
  expect((await client.readHistory(id))?.attempts[0]?.step).toBe("encode");
  expect((await client.replay(id, { force: "failed" }))?.force).toEqual(["tempo"]);

  const body = Buffer.from("some bytes");
  const first = await client.postUpload({ body, fileName: "a.wav" }, { idempotencyKey: "k" });
  expect(await client.postUpload({ body, fileName: "a.wav" }, { idempotencyKey: "k" })).toEqual(first);
  await callUploads(client);
  expect(await client.postSource({ source: "gs://library/song.flac" })).toMatchObject({ state: "accepted" });
  const batch = await client.postBatch([{ source: "gs://library/a.flac" }, { source: "gs://library/" }]);
  expect(batch).toMatchObject([{ status: 202 }, { status: 400, code: "invalid-request" }]);
  const job = {
    request_id: "req 1/2",
    release_id: "r",
    asset_id: "a",
    asset_guid: "g",
    derivative_assets: ["tempo"],
    source: "gs://library/song.flac",
  };
  const posted = await client.postJob(job);
  expect(await client.readJob(job.request_id)).toEqual(posted);

  expect((await client.listBackfills()).backfills[0]?.id).toBe(id);
  expect((await client.readBackfill(id))?.targets).toEqual(["tempo"]);
  for (const action of backfillActions) expect((await client.steerBackfill(id, action))?.id).toBe(id);
  expect((await client.requestBackfill({ targets: ["tempo"] })).url).toContain("/v1/backfills/");
  await callWebhooks(client);
  const ping = await client.sendPing({ targets: ["tempo"] });
  expect((await client.readPing(ping.id)).answers).toEqual([]);
  expect((await client.readPing(id)).answers[0]?.step).toBe("tempo");
  const made = await client.createKey({ owner: "acme", name: "n", scopes: ["tracks:read"] });
  const rotated = await client.rotateKey(made.resource.id, { graceSec: 0 });
  expect(rotated?.resource).toMatchObject({ owner: "acme", scopes: ["tracks:read"] });
  expect((await client.revokeKey(rotated?.resource.id ?? ""))?.revokedAt).not.toBeNull();
  expect((await client.listKeys()).keys.map(({ id }) => id)).toContain(made.resource.id);
  await callTakedowns(client, id);
  expect((await client.readAudit({ limit: 10 })).entries).toEqual([]);
  expect((await client.readTools())?.tools).toBeDefined();
  expect((await client.listKinds())?.kinds.map(({ name }) => name)).toContain("tempo");
  expect((await client.listSteps())?.steps.map(({ name }) => name)).toContain("tempo");
  expect((await client.listErrors()).errors.map(({ code }) => code)).toContain("not-audio");
  expect(await identifyApi(client.apiUrl)).toEqual({ fleetId: null });
}

async function callUploads(client: ApiClient): Promise<void> {
  const bytes = Buffer.from("some bytes");
  const sizeBytes = bytes.length;
  const upload = await client.beginUpload({ sizeBytes, filename: "a.wav" }, { idempotencyKey: "upload" });
  expect(await client.beginUpload({ sizeBytes, filename: "a.wav" }, { idempotencyKey: "upload" })).toEqual(
    upload,
  );
  const session = upload.sessionUrl ?? "";
  expect(await client.sendPart(session, { start: 0, bytes: Buffer.of(), sizeBytes })).toBe(0);
  expect(await client.sendPart(session, { start: 0, bytes, sizeBytes })).toBe(sizeBytes);
  expect(await client.readUpload(upload.id)).toMatchObject({ state: "received" });
  expect(await client.completeUpload(upload.id)).toMatchObject({ id: upload.id, state: "accepted" });
  const another = await client.beginUpload({ sizeBytes });
  expect(await client.giveUpUpload(another.id)).toBe(true);
  expect(await client.giveUpUpload(another.id)).toBe(false);
  expect(await client.readUpload(another.id)).toBeUndefined();
  expect(await client.sendPart(another.sessionUrl ?? "", { start: 0, bytes, sizeBytes })).toBe("over");
}

/** Of tracks of its own. */
async function callTakedowns(client: ApiClient, known: string) {
  expect(await client.cancelTrack(createId(new Date()))).toBeUndefined();
  expect(await client.deleteTrack(createId(new Date()))).toBeUndefined();
  const asked = await client.takeDown({ masters: ["0".repeat(64)], again: "new" });
  expect((await client.readTakedown(asked.id))?.state).toBe("asked");
  expect(await client.readTakedown(createId(new Date()))).toBeUndefined();
  expect((await client.listTakedowns({ limit: 1 })).takedowns).toMatchObject([{ id: known }]);
  expect((await client.listReceiptKeys()).keys).toEqual([]);
}

test("the typed client calls every operation of the description, and understands what each answers", async () => {
  await using api = await startDescribedApi();
  const called: string[] = [];
  api.app.server.on("request", ({ method, url }) => called.push(`${method} ${url?.split("?")[0]}`));
  const client = createApiClient(api.url);
  const folder = await mkdtemp(join(tmpdir(), "segue-typed-"));
  try {
    const description = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenAPIV3_1.Document;
    const operations = listOperations(description).map(({ method, path }) => ({
      name: `${method.toUpperCase()} ${path}`,
      pattern: new RegExp(`^${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    }));
    await callEverything(client, folder);
    const uncalled = operations.filter(({ pattern }) => !called.some((call) => pattern.test(call)));
    // Whether an instance takes requests concerns what stands before it.
    expect(uncalled.map(({ name }) => name)).toEqual(["GET /readyz"]);
  } finally {
    await client[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
});
