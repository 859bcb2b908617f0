import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApiClient, whenEnded } from "@segue/client";
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
  folder = await mkdtemp(join(tmpdir(), "segue-export-found-"));
  const apiPort = await findFreePort();
  fleet = await startFleet({ fleetUrl: compactFleetUrl, dataDir: join(folder, "data"), apiPort });
  await using api = createApiClient(fleet.apiUrl);
  good = (await api.postUpload({ body: demoTrack().wav, fileName: "demo.wav" })).id;
  bad = (await api.postUpload({ body: Buffer.from("these are words"), fileName: "words.mp3" })).id;
  for (const id of [good, bad]) await whenEnded(api, id);
});
afterAll(async () => {
  await fleet?.stop();
  await rm(folder, { recursive: true, force: true });
});

const search = (...args: string[]) => runCli(["search", ...args, "--api", fleet.apiUrl]);

test("what search finds is written as a table, to a file that is there once it is whole", async () => {
  await expect
    .poll(
      async () => (await search("--state", "done,failed", "--format", "csv")).stdout.split("\r\n").length,
      {
        timeout: 30_000,
      },
    )
    .toBe(4);
  const table = await search("--format", "csv", "--columns", "id,state,errors", "--sort", "accepted");
  expect([table.code, table.stdout]).toEqual([
    0,
    `id,state,errors\r\n${good},done,\r\n${bad},failed,decode: not-audio\r\n`,
  ]);
  const file = join(folder, "tracks.parquet");
  const written = await search("--format", "parquet", "--output", file);
  expect([written.code, written.stdout, written.stderr]).toEqual([0, "", expect.stringContaining(" in ")]);
  const bytes = await readFile(file);
  expect([bytes.subarray(0, 4), bytes.subarray(-4)].map(String)).toEqual(["PAR1", "PAR1"]);
  const nowhere = await search("--format", "jsonl", "--output", join(folder, "no", "such", "folder"));
  expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("can't be written: ENOENT")]);
  for (const odd of [
    ["--columns", "id"],
    ["--format", "csv", "--json"],
    ["--format", "xlsx"],
  ])
    expect((await search(...odd)).code).toBe(2);
  expect(await search("--format", "csv", "--columns", "odd")).toMatchObject({ code: 1 });
  expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("copies of what is found have tempo and key in their tags; what has none is told", async () => {
  const tag = (...args: string[]) => runCli(["tag", ...args, "--api", fleet.apiUrl]);
  const out = join(folder, "tagged");
  const written = await tag("--bpm", "1..", "--out", out);
  expect([written.code, written.stdout]).toEqual([
    0,
    expect.stringMatching(/demo\.wav: [\d.]+ BPM, [A-G][#b]?m?\n$/),
  ]);
  expect((await readFile(join(out, "demo.wav"))).includes("TBPM")).toBe(true);
  const again = await tag(good, bad, "--out", out, "--json");
  expect([again.code, JSON.parse(again.stdout)]).toEqual([
    1,
    [
      { id: good, file: null, reason: "demo.wav is in the folder already" },
      { id: bad, file: null, reason: expect.stringContaining("no tempo") },
    ],
  ]);
  expect(await readdir(out)).toEqual(["demo.wav"]);
  expect((await tag("--out", out)).code).toBe(2);
  expect((await tag(good, "--bpm", "1..", "--out", out)).code).toBe(2);
});
