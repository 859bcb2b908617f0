// How an upload goes on, and how it ends: once, whoever asks for it, and whoever dies over it.
import { randomBytes } from "node:crypto";
import { UploadResource } from "@segue/contracts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { KeyedApi } from "../fixtures/keyed-api.ts";
import { pieceBytes, refusal, startUploadApi } from "../fixtures/upload-api.ts";
import { sweepUploads } from "../uploads/sweep-uploads.ts";

let api: Awaited<ReturnType<typeof startUploadApi>>;
let keyed: KeyedApi;
let key: string;
beforeAll(async () => {
  api = await startUploadApi();
  ({ keyed, key } = api);
});
afterEach(() => api.clear());
afterAll(() => keyed[Symbol.asyncDispose]());

test("a file is sent in parts, each of which is told, and is a track when it is completed", async () => {
  const body = randomBytes(2 * pieceBytes + 5);
  const details = { title: "T", filename: "../a b.wav", metadata: { id: "acme-1" }, targets: ["tempo"] };
  const seen = await keyed.post(key, "/v1/uploads", { sizeBytes: body.length, ...details });
  const upload = UploadResource.parse(seen.json);
  expect(seen.headers).toMatchObject({ location: upload.url, "cache-control": "no-store" });
  expect(upload).toMatchObject({ state: "open", receivedBytes: 0, chunkBytes: pieceBytes, problem: null });
  expect(Date.parse(upload.expiresAt ?? "") - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
  const first = await api.put(
    upload,
    body.subarray(0, pieceBytes),
    `bytes 0-${pieceBytes - 1}/${body.length}`,
  );
  expect(first.status).toBe(308);
  expect(await api.read(upload.id)).toMatchObject({ state: "open", receivedBytes: pieceBytes });

  const early = await api.complete(upload.id);
  expect(refusal(early)).toEqual({ status: 409, code: "upload-incomplete" });
  expect(early.json.detail).toContain(`expected ${body.length} bytes, ${pieceBytes} have come`);
  const rest = await api.put(
    upload,
    body.subarray(pieceBytes),
    `bytes ${pieceBytes}-${body.length - 1}/${body.length}`,
  );
  expect(rest.status).toBe(200);
  expect(await api.read(upload.id)).toMatchObject({ state: "received", sessionUrl: null });
  const done = await api.complete(upload.id);
  expect(done).toMatchObject({
    status: 202,
    headers: { location: upload.trackUrl },
    json: { id: upload.id, url: upload.trackUrl, state: "accepted" },
  });
  // What is left is what the service `fetch` takes.
  expect(await api.left()).toEqual([`files/${upload.id}`]);
  const track = await api.acceptedAs(upload.id);
  const source = `gs://${keyed.api.names.bucket("uploads")}/files/${upload.id}`;
  expect(track).toMatchObject({ title: "T", fileName: "a b.wav", metadata: { id: "acme-1" }, source });
  expect(track.request).toMatchObject({ owner: "acme", targets: ["tempo"], cause: "submission" });
});

test("completed twice, also at the same moment, it is one track with one answer", async () => {
  const upload = await api.begin({ sizeBytes: 3 });
  await api.putAll(upload, Buffer.from("abc"));
  const answers = await Promise.all(Array.from({ length: 5 }, () => api.complete(upload.id)));
  answers.push(await api.complete(upload.id));
  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(202));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(await api.read(upload.id)).toMatchObject({ state: "accepted", sessionUrl: null });
  expect(refusal(await api.giveUp(upload.id))).toEqual({ status: 409, code: "upload-accepted" });
  const tasks = async () => {
    const all = (await keyed.api.published("tasks.fetch", 0)) as {
      v: number;
      request: { trackId: string };
    }[];
    return all.filter(({ request }) => request.trackId === upload.id);
  };
  await expect.poll(async () => (await tasks()).length).toBeGreaterThan(0);
  // A service `fetch` of a release that knows no uploads leaves it to others.
  expect(new Set((await tasks()).map(({ v }) => v))).toEqual(new Set([2]));
  const [first, ...others] = (await tasks()).map(({ request }) => request);
  for (const other of others) expect(other).toEqual(first);
});

test("a client that dies after its last byte has its track all the same, with what it said of it", async () => {
  const upload = await api.begin({ sizeBytes: 3, title: "left" });
  const unsent = await api.begin({ sizeBytes: 3 });
  await api.putAll(upload, Buffer.from("abc"));
  const { context } = keyed.api;
  // It is given a minute of its own first.
  expect(await sweepUploads(context)).toBe(0);
  const later = { ...context, now: () => new Date(Date.now() + 61_000) };
  expect(await sweepUploads(later)).toBe(1);
  expect(await api.acceptedAs(upload.id)).toMatchObject({ title: "left", request: { owner: "acme" } });
  expect(await api.read(upload.id)).toMatchObject({ state: "accepted" });
  expect((await api.complete(upload.id)).status).toBe(202);
  expect(await api.read(unsent.id)).toMatchObject({ state: "open" });
  expect(await sweepUploads(later)).toBe(0);
  await api.giveUp(unsent.id);
});

test("whoever is killed between the decision and the track leaves it to the next", async () => {
  const upload = await api.begin({ sizeBytes: 3 });
  await api.putAll(upload, Buffer.from("abc"));
  const { context } = keyed.api;
  const away = { ...context.tracks, create: () => Promise.reject(new Error("killed here")) };
  const later = () => new Date(Date.now() + 61_000);
  expect(await sweepUploads({ ...context, tracks: away, now: later })).toBe(0);
  await expect(api.acceptedAs(upload.id)).rejects.toThrow();
  // It is decided: it can't be given up, and comes out as it was decided.
  expect(refusal(await api.giveUp(upload.id))).toEqual({ status: 409, code: "upload-accepted" });
  const decided = (await context.uploads.read(upload.id))?.end;
  expect(await sweepUploads({ ...context, now: later })).toBe(1);
  expect(decided).toMatchObject({ is: "accepted", track: await api.acceptedAs(upload.id) });
});

test("an upload that is given up leaves nothing, and its session takes no more", async () => {
  const open = await api.begin({ sizeBytes: 2 * pieceBytes });
  await api.put(open, Buffer.alloc(pieceBytes), `bytes 0-${pieceBytes - 1}/${2 * pieceBytes}`);
  const whole = await api.begin({ sizeBytes: 3 });
  await api.putAll(whole, Buffer.from("abc"));
  for (const upload of [open, whole]) {
    expect((await api.giveUp(upload.id)).status).toBe(204);
    expect(refusal(await api.giveUp(upload.id))).toEqual({ status: 404, code: "not-found" });
    expect(refusal(await api.complete(upload.id))).toEqual({ status: 404, code: "not-found" });
  }
  expect(
    (await api.put(open, Buffer.of(1), `bytes ${pieceBytes}-${pieceBytes}/${2 * pieceBytes}`)).status,
  ).toBe(404);
  expect(await api.left()).toEqual([]);
});

test("one that is given up while it becomes a track is one or the other, and says which", async () => {
  for (let round = 0; round < 5; round++) {
    const upload = await api.begin({ sizeBytes: 3 });
    await api.putAll(upload, Buffer.from("abc"));
    const [completed, given] = await Promise.all([api.complete(upload.id), api.giveUp(upload.id)]);
    const isTrack = completed.status === 202;
    expect([completed.status, given.status]).toEqual(isTrack ? [202, 409] : [404, 204]);
    expect(await api.left()).toEqual(isTrack ? [`files/${upload.id}`] : []);
    await api.clear();
  }
});
