import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ffmpegFamily, findFfmpeg } from "@segue/audio";
import { createApiClient, walkTracks, whenEnded } from "@segue/client";
import { TrackHistory, TrackResource } from "@segue/contracts";
import { type RunningFleet, startFleet } from "@segue/launcher";
import { compactFleetUrl } from "@segue/launcher/testing";
import { findFreePort } from "@segue/local-cloud/free-port";
import { demoTrack } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";

let folder: string;
let fleet: RunningFleet;
let good: string;
let bad: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-fleet-commands-"));
  const files = { "demo.wav": demoTrack().wav, "words.mp3": Buffer.from("these are words") };
  const apiPort = await findFreePort();
  fleet = await startFleet({ fleetUrl: compactFleetUrl, dataDir: join(folder, "data"), apiPort });
  const api = createApiClient(fleet.apiUrl);
  const ids: string[] = [];
  for (const [fileName, body] of Object.entries(files))
    ids.push((await api.postUpload({ body, fileName })).id);
  for (const id of ids) await whenEnded(api, id);
  await api[Symbol.asyncDispose]();
  [good = "", bad = ""] = ids;
});
afterAll(async () => {
  await fleet?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A command against the fleet, as JSON and as text. */
async function ask(...args: string[]) {
  const text = await runCli([...args, "--api", fleet.apiUrl]);
  const json = await runCli([...args, "--api", fleet.apiUrl, "--json"]);
  expect([text.code, json.code]).toEqual([0, 0]);
  return { text: text.stdout, json: JSON.parse(json.stdout) };
}

test("status counts states and says how long tracks took", async () => {
  const { text, json } = await ask("status");
  expect(json).toMatchObject({ tracks: 2, states: { done: 1, failed: 1, processing: 0 }, waiting: {} });
  expect(json.latencyMs.p95).toBeGreaterThan(0);
  expect(text).toMatch(/done +1\n/);
  // On one machine there is one build, and nothing to warn of.
  const { version } = await findFfmpeg();
  const families = [{ family: ffmpegFamily(version), seenAt: expect.any(String) }];
  expect(json.tools).toContainEqual(expect.objectContaining({ step: "decode", tool: "ffmpeg", families }));
  expect(json.warnings).toEqual([]);
});

test("a playlist is made from a track, and told as a table, as JSON and as a file for players", async () => {
  const asked = ["playlist", "--seed", good, "--minutes", "1"];
  await expect
    .poll(async () => (await runCli([...asked, "--api", fleet.apiUrl])).code, { timeout: 60_000 })
    .toBe(0);
  const { text, json } = await ask(...asked);
  expect(json).toMatchObject({
    tracks: [{ id: good, transition: null, audio: { kind: expect.any(String) } }],
  });
  expect(text).toContain(good);
  expect(text).toMatch(/^1 track, 0:\d\d of 1:00 /);
  const m3u8 = await runCli([...asked, "--format", "m3u8", "--api", fleet.apiUrl]);
  expect(m3u8.stdout).toMatch(/^#EXTM3U\n.*\n#EXTINF:\d+,.+\nhttp.*\n$/);
  const bad = await runCli([...asked, "--course", "fast", "--api", fleet.apiUrl]);
  expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining("course: expected")]);
});

test("what is like a track is told by vectors, and whoever has none is told which kinds could give them", async () => {
  const { text } = await ask("similar", good);
  expect(text).toMatch(/^no other track is there to be compared by \S+\.embedding\n/);
  const none = await runCli(["similar", bad, "--api", fleet.apiUrl]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("vector")]);
  const nobody = good.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  for (const args of [
    ["similar", nobody],
    ["playlist", "--seed", nobody],
  ]) {
    const { code, stderr } = await runCli([...args, "--api", fleet.apiUrl]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("no track")]);
  }
});

test("search finds them by how they sound, counts them, says what may be asked, and is made anew", async () => {
  const idsOf = (json: { id: string }[]) => json.map(({ id }) => id);
  // What has just ended is found within a second or two.
  await expect
    .poll(async () => idsOf((await ask("search", "--bpm", "1..")).json), { timeout: 30_000 })
    .toEqual([good]);
  const [found] = (await ask("search", "--bpm", "1..")).json;
  const bpm = found.facts["tempo.bpm"];
  const half = ["search", "--bpm", String(bpm / 2)];
  expect(idsOf((await ask(...half)).json)).toEqual([]);
  expect(idsOf((await ask(...half, "--octaves")).json)).toEqual([good]);
  const { text } = await ask("search", "--words", "demo", "--where", "aac.codec=aac", "--sort", "bpm");
  expect(text).toMatch(new RegExp(`ID +STATE +NAME.* BPM.*\n${good} +done +demo`));
  expect(await ask("search", "--state", "failed")).toMatchObject({ json: [{ id: bad }] });
  const counts = await ask("search", "--facets", "state");
  expect(counts.json).toMatchObject({ tracks: 2, isExact: true });
  expect(counts.text).toMatch(/^2 tracks\n.*\nstate +done +1\n/);
  expect((await ask("search", "facts")).text).toMatch(/\ntempo\.bpm +a range, an order +BPM +quick\n/);
  expect((await ask("search", "rebuild")).json).toMatchObject({ isComplete: true });
  const wrong = await runCli(["search", "--where", "odd=1", "--api", fleet.apiUrl]);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('got "odd"; there are: ')]);
});

test("tracks lists them, the newest first, and those in one state", async () => {
  const { text, json } = await ask("tracks");
  expect(json.map(({ id }: { id: string }) => id)).toEqual([bad, good]);
  expect(text).toMatch(new RegExp(`^${bad} +failed .* words.mp3 +decode: not-audio`, "m"));
  expect((await ask("tracks", "--state", "failed")).json).toHaveLength(1);
});

test("track shows steps and results", async () => {
  const { text, json } = await ask("track", good);
  expect(TrackResource.parse(json).state).toBe("done");
  expect(text).toMatch(/tempo +succeeded +computed/);
  expect(text).toMatch(/^tempo +116\.\d BPM \(\d+ %\)\nkey +\w/m);
  expect(text).toContain("bpm: 116");
});

test("history tells what was done, by whom and when, oldest first", async () => {
  const { text, json } = await ask("history", good);
  expect(TrackHistory.parse(json).attempts.length).toBeGreaterThanOrEqual(8);
  expect(text).toMatch(/^AT +BY +HOW/);
  expect(text).toMatch(/^\S+Z +default +submission +request \S+ for .*tempo/m);
  expect(text).toMatch(/^\S+Z +decode v\d+ +computed +\S+ m?s +delivery 1 +\S+ +ffmpeg \S+ +succeeded$/m);
  const times = text
    .split("\n")
    .slice(1, -1)
    .map((line) => Date.parse(line.split(" ", 1)[0] ?? ""));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect((await ask("history", bad)).text).toContain("not-audio: ");
  const nobody = "01900000-0000-7000-8000-00000000dead";
  expect((await runCli(["history", nobody, "--api", fleet.apiUrl])).code).toBe(1);
});

test("export writes a table, every track and the files that are kept, and no intermediates", async () => {
  const out = join(folder, "exported");
  const { code, stdout, stderr } = await runCli(["export", "--out", out, "--json", "--api", fleet.apiUrl]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toEqual({ dir: out, tracks: 2, assets: 3, missing: 0 });
  expect((await readdir(join(out, "assets"))).sort()).toEqual([
    "demo.wav.aac.m4a",
    "demo.wav.waveform.json",
    "demo.wav.waveform.svg",
  ]);
  const lines = (await readFile(join(out, "results.jsonl"), "utf8")).trim().split("\n");
  expect(lines.map((line) => TrackResource.parse(JSON.parse(line).track).id)).toEqual([bad, good]);
  const table = await readFile(join(out, "results.csv"), "utf8");
  expect(table).toMatch(new RegExp(`^words.mp3,${bad},failed,.*not-audio`, "m"));
  expect(table.split("\r\n", 1)[0]?.split(",")).toEqual(
    expect.arrayContaining(["tempo.bpm", "tags.tags", "pcm.durationSec"]),
  );
});

test("trace draws every step behind its inputs, with wait and run", async () => {
  const { text, json } = await ask("trace", good);
  const of = (name: string) => json.find(({ step }: { step: string }) => step === name);
  expect(of("tempo")).toMatchObject({ how: "computed", deliveries: 1, readyMs: of("downsample").endMs });
  expect(of("tempo").attempts).toHaveLength(1);
  expect(of("downsample").readyMs).toBe(of("decode").endMs);
  expect(of("tempo").waitMs).toBe(Math.max(0, of("tempo").startMs - of("downsample").endMs));
  expect(text).toMatch(/^tempo +succeeded .* +·*█+$/m);
  expect((await ask("trace", bad)).text).toMatch(/^tempo +blocked$/m);
});

test("failed groups by code and step, and shows one with what to do", async () => {
  const { text, json } = await ask("failed");
  expect(json).toEqual([
    { code: "not-audio", step: "decode", message: expect.any(String), count: 1, example: bad },
  ]);
  expect(text).toMatch(/1 +not-audio +decode/);
  const shown = await ask("failed", "show", bad);
  expect(shown.text).toMatch(/^decode: not-audio[\s\S]*Send an audio file/);
  const { master } = TrackResource.parse(await (await fetch(`${fleet.apiUrl}/v1/tracks/${bad}`)).json());
  expect(shown.json).toMatchObject([
    {
      step: "decode",
      error: { code: "not-audio" },
      attempts: [{ how: "computed", inputs: { master }, error: { code: "not-audio" }, model: null }],
      deadLetters: [],
    },
  ]);
  expect(shown.text).toMatch(
    /computed by .*, delivery 1, .*, version \d+\n +not-audio: .*\n +at [0-9a-f]{64}\n +from master/,
  );
});

test("replay of a code, of a step and of all: what has failed is tried again, nothing else", async () => {
  const { json, text } = await ask("replay", "--all-failed", "--dry-run");
  expect(json).toEqual({ tracks: 1, groups: [{ step: "decode", code: "not-audio", tracks: 1 }] });
  expect(text).toContain("1 track would go through the chain again");
  expect((await ask("replay", "--code", "too-long", "--dry-run")).json).toEqual({ tracks: 0, groups: [] });
  expect((await ask("replay", "--step", "tempo", "--dry-run")).json.tracks).toBe(0);
  const decodes = async () => {
    const history = await (await fetch(`${fleet.apiUrl}/v1/tracks/${bad}/history`)).json();
    return TrackHistory.parse(history).attempts.filter(
      ({ step, how }) => step === "decode" && how === "computed",
    ).length;
  };
  const before = await decodes();
  await ask("replay", "--code", "not-audio", "--step", "decode");
  // Asked for twice: as text and as JSON.
  await expect.poll(decodes).toBe(before + 2);
});

test("a failure is reproduced here, from the master that the fleet has; what succeeded succeeds", async () => {
  const kept = join(folder, "kept");
  const failing = await runCli(["failed", "reproduce", bad, "tempo", "--api", fleet.apiUrl, "--keep", kept]);
  expect(failing.code).toBe(1);
  expect(failing.stdout).toMatch(
    /^in the fleet: decode: not-audio.*\nhere: decode: not-audio.*\nreproduced\n/,
  );
  expect(await readFile(join(kept, "words.mp3"), "utf8")).toBe("these are words");
  const { code, stdout } = await runCli([
    "failed",
    "reproduce",
    good,
    "tempo",
    "--api",
    fleet.apiUrl,
    "--json",
  ]);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    { step: "tempo", recorded: null, here: null, sameRecipe: true },
  ]);
  expect((await runCli(["failed", "reproduce", good, "temp", "--api", fleet.apiUrl])).code).toBe(2);
});

test("replay wants an id or a filter", async () => {
  for (const args of [[], [good, "--all-failed"]])
    expect((await runCli(["replay", ...args, "--api", fleet.apiUrl])).code).toBe(2);
  // Steps have codes of their own: one that nothing failed with is no mistake in itself.
  const nothing = await runCli(["replay", "--code", "nobody-knows", "--api", fleet.apiUrl]);
  expect(nothing).toMatchObject({ code: 0, stdout: expect.stringContaining("0 tracks go") });
});

test("exit codes: 1 for no such track, 2 for no id, 3 for no API there", async () => {
  const unknown = "01900000-0000-7000-8000-000000000001";
  for (const command of [["track"], ["trace"], ["failed", "show"]]) {
    const absent = await runCli([...command, unknown, "--api", fleet.apiUrl]);
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining(unknown) });
    expect(await runCli([...command, "x", "--api", fleet.apiUrl])).toMatchObject({ code: 2 });
  }
  const nobody = `http://127.0.0.1:${await findFreePort()}`;
  expect(await runCli(["status", "--api", nobody])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(nobody),
  });
  expect(await runCli(["status", "--api", "localhost"])).toMatchObject({ code: 2 });
});

test("all pages are walked, each track once, up to the limit", async () => {
  const api = createApiClient(fleet.apiUrl);
  const small = {
    ...api,
    readPage: (page: { cursor: string | null }) => api.readPage({ ...page, limit: 1 }),
  };
  const walk = async (limit: number) => {
    const ids: string[] = [];
    for await (const { id } of walkTracks(small, limit)) ids.push(id);
    return ids;
  };
  expect(await walk(10)).toEqual([bad, good]);
  expect(await walk(1)).toEqual([bad]);
  await api[Symbol.asyncDispose]();
});

test("replay sends a track through the chain again, with what is to be forced", async () => {
  const before = (await readHistory(bad)).attempts.length;
  const { text, json } = await ask("replay", bad, "--failed");
  expect(json).toMatchObject({ id: bad, force: ["decode"] });
  expect(text).toContain("again; computed anew: decode");
  while ((await readHistory(bad)).attempts.length < before + 2) await delay(50);
  const { attempts } = await readHistory(bad);
  expect(attempts.slice(before).map(({ how }) => how)).toEqual(["computed", "computed"]);
});

test("replay of what a track does not want, or of no track, is refused in words", async () => {
  const refused = await runCli(["replay", good, "--force", "tempi", "--api", fleet.apiUrl]);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("does not want tempi; it wants: decode"),
  });
  const none = await runCli(["replay", "01900000-0000-7000-8000-000000000000", "--api", fleet.apiUrl]);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("no track 01900000") });
  expect((await runCli(["replay", good, "--failed", "--force", "tempo"])).code).toBe(2);
});

async function readHistory(id: string): Promise<TrackHistory> {
  return TrackHistory.parse(await (await fetch(new URL(`/v1/tracks/${id}/history`, fleet.apiUrl))).json());
}
