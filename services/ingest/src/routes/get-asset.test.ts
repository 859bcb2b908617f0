import { createHash } from "node:crypto";
import { Problem, TrackReceipt, TrackResource } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  aac,
  addressOf,
  id,
  startTrackWithFiles,
  type TrackWithFiles,
} from "../fixtures/track-with-files.ts";

let files: TrackWithFiles;
beforeAll(async () => {
  files = await startTrackWithFiles();
});
beforeEach(() => files.reset());
afterAll(() => files[Symbol.asyncDispose]());

const ask: TrackWithFiles["ask"] = (...question) => files.ask(...question);
const latest = `/v1/tracks/${id}/assets/aac`;
const newer = Buffer.from("9876543210".repeat(90));
const linkOf = async (kind: string) => {
  const { api } = files;
  const track = TrackResource.parse(await (await fetch(`${api.url}/v1/tracks/${id}`)).json());
  return (track.results[kind]?.asset?.url ?? "").slice(api.url.length);
};

test("a newer version is seen at once where the latest is asked for; the earlier one stays at its address", async () => {
  const before = await ask(latest);
  const link = await linkOf("aac");
  expect(before.headers["cache-control"]).toBe("private, no-cache");
  expect(before.headers["content-location"]).toBe(`${files.api.url}${link}`);
  const kept = { "if-none-match": String(before.headers.etag) };
  expect((await ask(latest, kept)).status).toBe(304);

  await files.insertResult("aac", 2, newer, "audio/mp4");
  const after = await ask(latest, kept);
  expect([after.status, after.text]).toEqual([200, newer.toString()]);
  expect(await linkOf("aac")).not.toBe(link);
  const earlier = await ask(link);
  expect([earlier.status, earlier.text]).toEqual([200, aac.toString()]);
  expect(earlier.headers["cache-control"]).toBe("private, max-age=31536000, immutable");
});

test("bytes that a forced run has put at the same address are others", async () => {
  const link = await linkOf("aac");
  const before = await ask(latest);
  await files.insertResult("aac", 1, newer, "audio/mp4");
  const after = await ask(latest, { "if-none-match": String(before.headers.etag) });
  expect([after.status, after.text]).toEqual([200, newer.toString()]);
  const gone = await ask(link);
  expect([gone.status, gone.headers["cache-control"]]).toEqual([404, "no-store"]);
  expect(Problem.parse(JSON.parse(gone.text)).detail).toContain("forced run");
  const bare = await ask(link.split("?")[0] ?? "");
  expect([bare.text, bare.headers["cache-control"]]).toEqual([newer.toString(), "private, no-cache"]);
});

test("an address leads to a file of the track's own and of that kind only", async () => {
  const address = addressOf("aac", 1);
  const other = id.replace(/1$/, "2");
  await files.api.pool.query(
    `insert into tracks values ($1, $2, 5, 'a', 'a', 'upload', '{}', '{}', now(), 'done', now())`,
    [other, "c".repeat(64)],
  );
  for (const path of [
    `/v1/tracks/${other}/assets/aac/${address}`,
    `/v1/tracks/${id}/assets/picture/${address}`,
    `/v1/tracks/${id}/assets/aac/${"d".repeat(64)}`,
    `/v1/tracks/${id}/assets/master/${address}`,
  ]) {
    expect([path, (await ask(path)).status]).toEqual([path, 404]);
  }
  expect((await ask(`/v1/tracks/${id}/assets/aac/${address.toUpperCase()}`)).status).toBe(400);
});

test("a master is to be saved, and never shown", async () => {
  const posted = await fetch(`${files.api.url}/v1/tracks?filename=a.html`, {
    method: "POST",
    body: "<script>alert(1)</script>",
    headers: { "content-type": "audio/mpeg" },
  });
  const { id: own } = TrackReceipt.parse(await posted.json());
  const path = `/v1/tracks/${own}/assets/master`;
  const answer = await ask(path);
  expect(answer.headers["content-type"]).toBe("application/octet-stream");
  expect(answer.headers["content-disposition"]).toBe("attachment; filename=a.html");
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  const sha256 = createHash("sha256").update(answer.bytes).digest("hex");
  expect((await ask(`${path}/${sha256}`)).text).toBe(answer.text);
});

test("a file that is gone says so, to HEAD as well", async () => {
  await files.api.store.deleteObject({
    bucket: files.api.names.bucket("assets"),
    name: `${addressOf("aac", 1)}.m4a`,
  });
  const answer = await ask(latest);
  expect(answer.status).toBe(404);
  expect(Problem.parse(JSON.parse(answer.text)).detail).toContain("gone");
  expect((await ask(latest, {}, "HEAD")).status).toBe(404);
});
