// A person's word on a track, from the command line, over a fleet of its own.
import { mkdtemp, rm } from "node:fs/promises";
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
let id: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-correct-"));
  const apiPort = await findFreePort();
  fleet = await startFleet({ fleetUrl: compactFleetUrl, dataDir: join(folder, "data"), apiPort });
  const api = createApiClient(fleet.apiUrl);
  ({ id } = await api.postUpload({ body: demoTrack().wav, fileName: "demo.wav" }));
  await whenEnded(api, id);
  await api[Symbol.asyncDispose]();
});
afterAll(async () => {
  await fleet?.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => runCli([...args, "--api", fleet.apiUrl]);

test("what is said is listed beside the machine's, holds in search, is a label, and is taken back", async () => {
  const said = await run("correct", id, "bpm=77.5", "key=F#m", "--author", "Ada", "--note", "by ear");
  expect([said.code, said.stderr]).toEqual([0, ""]);
  expect(said.stdout).toMatch(/tempo\.bpm +77\.5 +11[67](\.\d+)? +Ada/);
  const again = await run("correct", id, "bpm=232", "--json");
  expect(JSON.parse(again.stdout)).toMatchObject({
    tempo: { facts: { bpm: 232 }, disagreements: [{ relation: "half" }] },
    key: { author: "Ada", facts: { camelot: "11A", openKey: "4m" } },
  });
  expect((await run("track", id)).stdout).toMatch(/^key, corrected by Ada at .*: key F#, mode minor,/m);
  await expect
    .poll(async () => (await run("search", "--bpm", "232", "--key", "11A")).stdout, { timeout: 60_000 })
    .toContain(id);
  const listed = await run("corrections", "--disagreeing", "--kind", "tempo");
  expect(listed.stdout).toMatch(/demo\.wav +tempo\.bpm +232 +11[67](\.\d+)? \(half\)/);
  const truth = await run("corrections", "--truth");
  expect(truth.stdout.split("\r\n")).toEqual([
    "file,source,groove,bpm,key,mode",
    "demo.wav,corrections,,232,F#,minor",
    "",
  ]);
  for (const kind of ["tempo", "key"]) expect((await run("correct", id, "--take-back", kind)).code).toBe(0);
  expect((await run("corrections")).stdout).toBe("there are no such corrections\n");
});

test("what can't be said ends with what was expected", async () => {
  for (const [args, code, words] of [
    [[id, "bpm=fast"], 1, "expected a number"],
    [[id, "bpm=-1"], 1, "facts.bpm"],
    [[id, "mood=calm"], 1, "tempo.bpm"],
    [[id, "key=H"], 1, "expected a key"],
    [[id, "--take-back", "tempo"], 1, "was corrected"],
    [[id.replace(/.$/, (last) => (last === "0" ? "1" : "0")), "bpm=100"], 1, "no track"],
    [[id], 2, "NAME=VALUE"],
    [["none", "bpm=100"], 2, "track id"],
  ] as const) {
    const ended = await run("correct", ...args);
    expect([args, ended.code, ended.stderr]).toEqual([args, code, expect.stringContaining(words)]);
  }
});
