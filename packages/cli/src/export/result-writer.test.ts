import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, createApiClient, whenEnded } from "@segue/client";
import { type ScriptedApi, startScriptedApi } from "@segue/client/testing";
import { TrackResource } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ResultWriter } from "./result-writer.ts";

let folder: string;
let scripted: ScriptedApi;
let api: ApiClient;
let track: TrackResource;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-results-"));
  scripted = await startScriptedApi();
  api = createApiClient(scripted.url);
  const { id } = await api.postUpload({ body: Buffer.from("music"), fileName: "a.wav" });
  track = await whenEnded(api, id, { pollMs: 1 });
});
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await scripted?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const open = (name: string, signal = new AbortController().signal) =>
  ResultWriter.open(join(folder, name), { api, signal, onMissing: () => {} });

test("an asset whose connection breaks is fetched again, and is whole", async () => {
  const writer = await open("broken");
  scripted.connectionsToBreak = 2;
  await writer.add("a.wav", track);
  expect(scripted.connectionsToBreak).toBe(0);
  expect(await writer.finish()).toMatchObject({ tracks: 1, assets: 1, missing: 0 });
  const [asset = ""] = await readdir(join(folder, "broken", "assets"));
  expect(await readFile(join(folder, "broken", "assets", asset), "utf8")).toBe("AAC of a.wav");
});

test("what is made of an asset when it is read is written beside it", async () => {
  const { aac } = track.results;
  const svg = { url: `${aac?.asset?.url}.svg`, latestUrl: "/later", contentType: "image/svg+xml" };
  const rendered = { ...track, results: { ...track.results, aac: { ...aac, renderings: { svg } } } };
  const writer = await open("rendered");
  await writer.add("a.wav", TrackResource.parse(rendered));
  expect(await writer.finish()).toMatchObject({ tracks: 1, assets: 2, missing: 0 });
  expect((await readdir(join(folder, "rendered", "assets"))).sort()).toEqual([
    "a.wav.aac.m4a",
    "a.wav.aac.svg",
  ]);
  const line = JSON.parse((await readFile(join(folder, "rendered", "results.jsonl"), "utf8")).trim());
  expect(line.assets).toEqual({ aac: "assets/a.wav.aac.m4a", "aac.svg": "assets/a.wav.aac.svg" });
});

test("waiting for another attempt ends with the signal", async () => {
  const stop = new AbortController();
  const writer = await open("stopped", stop.signal);
  scripted.connectionsToBreak = 1_000;
  const adding = writer.add("a.wav", track);
  await expect.poll(() => scripted.connectionsToBreak).toBeLessThan(1_000);
  stop.abort(new Error("enough"));
  await expect(adding).rejects.toThrow("enough");
  scripted.connectionsToBreak = 0;
});
