import { EventEmitter } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { type ScriptedApi, startScriptedApi } from "@segue/client/testing";
import { describeKind, Loudness, Mono16k, Tags, TrackResource } from "@segue/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runStart } from "./run-start.ts";

let cwd: string;
let api: ScriptedApi;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "segue-start-"));
  api = await startScriptedApi();
  await writeFile(join(cwd, "a.mp3"), "a");
  await writeFile(join(cwd, "bad.mp3"), "bad:not-audio");
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

const databaseUrl = "postgres://postgres@127.0.0.1:5432/postgres";
const withPassword = "postgres://me:hunter2@db/tracks";

interface Run {
  /** As the services see it. */
  readonly fleetEnv?: Readonly<Record<string, string>>;
  readonly once?: boolean;
  readonly out?: string;
  readonly json?: boolean;
  readonly isTTY?: boolean;
  /** Called with all output so far, whenever there is more. */
  readonly onOutput?: (soFar: string, signals: EventEmitter) => void;
  readonly startError?: Error;
  /** The fleet's start ends with the signal's reason, as a real one's does. */
  readonly stopsStarting?: boolean;
  readonly given?: readonly string[];
}

/** Runs the command over the scripted API in the place of a fleet. */
async function run(
  paths: readonly string[],
  { once = true, out, json = false, isTTY = false, fleetEnv = {}, ...more }: Run = {},
) {
  const signals = new EventEmitter();
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  const stderr = new PassThrough();
  let soFar = "";
  stdout.on("data", (chunk: Buffer) => {
    soFar += chunk.toString();
    more.onOutput?.(soFar, signals);
  });
  const errors = text(stderr);
  let stops = 0;
  const stop = async () => void stops++;
  const code = await runStart(
    { paths, cwd, dataDir: ".segue", once, json, ...(out === undefined ? {} : { outDir: out }) },
    {
      stdout,
      stderr,
      signals,
      ...(more.given === undefined ? {} : { given: more.given }),
      async startFleet({ signal }) {
        if (more.stopsStarting) signal?.throwIfAborted();
        if (more.startError) throw more.startError;
        return {
          apiUrl: api.url,
          env: fleetEnv,
          ownParts: [],
          processes: () => [],
          stop,
          kill: stop,
          [Symbol.asyncDispose]: stop,
        };
      },
    },
  );
  stderr.end();
  expect(signals.listenerCount("SIGINT")).toBe(0);
  return { code, stops, output: soFar, errors: await errors };
}

test("plain output has a line now and then, the results, the failures by code, and no control characters", async () => {
  const { code, stops, output } = await run(["a.mp3", "bad.mp3", "gone.mp3"], {
    once: false,
    onOutput: pressAt("stays up"),
  });
  expect(code).toBe(1);
  expect(stops).toBe(1);
  expect(output).toMatch(/^missing-path \(1\) There is nothing at this path\./m);
  expect(output).toMatch(/^ {2}gone\.mp3: expected an audio file/m);
  expect(output.match(/^\[\d\/3\]/gm) ?? []).toHaveLength(0);
  expect(output).toContain("116.0 BPM (92 %)");
  expect(output).toMatch(/^│ crest +│ crestDb 12\.3457, words a\ufffd\[31mb +│$/m);
  expect(output).toMatch(/^not-audio \(1\) The bytes are not [\s\S]* Send an\s+audio\s+file/m);
  expect(output).toMatch(/^3 tracks: 1 succeeded, 2 failed in /m);
  expect(output.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
});

test("of a track that failed, only the steps that came to an end are named as its steps", async () => {
  const { code, output } = await run(["bad.mp3"]);
  expect(code).toBe(1);
  expect(output).toMatch(/^│ steps +│ decode +│$/m);
});

test("exit codes: 0 for success, 2 for nothing to do, 3 for a fleet that does not start", async () => {
  expect(await run(["*.mp3"])).toMatchObject({ code: 1 });
  expect(await run(["a.mp3"])).toMatchObject({ code: 0 });
  expect(await run(["gone.mp3"])).toMatchObject({ code: 2, stops: 0 });
  // With the last words of a process, which are anybody's.
  const { code, output } = await run(["a.mp3"], { startError: new Error("the folder is in use\u001b[2J") });
  expect([code, output]).toEqual([
    3,
    expect.stringContaining("could not be started: the folder is in use\ufffd[2J"),
  ]);
});

test("says where the catalog's database is, for a plan, unless a password is in the URL", async () => {
  const { output } = await run(["a.mp3"], { fleetEnv: { DATABASE_URL: databaseUrl } });
  expect(output).toContain(`Postgres  ${databaseUrl}`);
  expect(output).toContain("npm run -s segue -- plan  ");
  const given = await run(["a.mp3"], { fleetEnv: { DATABASE_URL: withPassword } });
  expect(given.output).not.toContain("hunter2");
  const json = await run(["a.mp3"], { json: true, fleetEnv: { DATABASE_URL: databaseUrl } });
  expect(JSON.parse(json.output.split("\n")[0] ?? "")).toMatchObject({ type: "ready", databaseUrl });
});

test("a cloud that the environment names is told: a shell may have read in another fleet's", async () => {
  const { output } = await run(["a.mp3"], { given: ["PUBSUB_EMULATOR_HOST", "DATABASE_URL"] });
  expect(output).toMatch(
    /^Not all of the cloud is local: the environment names PUBSUB_EMULATOR_HOST, DATABASE_URL\.\n/,
  );
  expect((await run(["a.mp3"])).output).not.toContain("the environment names");
});

test("without paths it sends the demo track, and sends it once", async () => {
  const { code, output } = await run([]);
  expect(code).toBe(0);
  expect(output).toContain("Seven Small Machines");
  await run([]);
  expect(api.posts).toEqual(["Seven Small Machines.wav"]);
});

test("a track of an earlier start does not get what a step makes that has joined since: it is told what to do", async () => {
  expect((await run(["a.mp3"])).output).not.toContain("earlier start");
  api.kinds.push(
    { ...describeKind(Loudness), step: "loudness" },
    { ...describeKind(Mono16k), step: "downsample" },
    { ...describeKind(Tags), step: "tags", defaultTarget: false },
  );
  await writeFile(join(cwd, "new.mp3"), "new");
  expect((await run(["new.mp3"])).output).not.toContain("earlier start");
  const { code, output } = await run(["a.mp3"]);
  expect(code).toBe(0);
  expect(output).toContain("Not made for tracks of an earlier start: loudness. While the fleet is up,\n");
  expect(output).toContain("\n  npm run -s segue -- make --targets loudness\n");
});

/** Presses Ctrl-C once at the first sight of each text. */
function pressAt(...texts: readonly string[]): NonNullable<Run["onOutput"]> {
  const waiting = new Set(texts);
  return (soFar, signals) => {
    for (const text of texts) if (soFar.includes(text) && waiting.delete(text)) signals.emit("SIGINT");
  };
}

test("it stays up until Ctrl-C", async () => {
  const { code, stops, output } = await run(["a.mp3"], { once: false, onOutput: pressAt("stays up") });
  expect([code, stops]).toEqual([0, 1]);
  expect(output).toContain(`curl ${api.url}/v1/tracks`);
});

test("interrupted in its work, it says that tracks are safe; once more, that it drains", async () => {
  api.frozen = true;
  const onOutput = pressAt("1 of 1 track accepted", "Interrupted.");
  const { code, stops, output } = await run(["a.mp3"], { isTTY: true, onOutput });
  expect([code, stops]).toEqual([130, 1]);
  expect(output).toContain("the next start goes on with them");
  expect(output).toContain("Still draining; a third Ctrl-C kills");
});

test("interrupted while the fleet starts, it sends nothing", async () => {
  expect(await run(["a.mp3"], { onOutput: pressAt("starting") })).toMatchObject({ code: 130, stops: 1 });
  expect(api.posts).toEqual([]);
});

test("a fleet that stops starting because it was told to is no failure", async () => {
  const { code, output } = await run(["a.mp3"], { onOutput: pressAt("starting"), stopsStarting: true });
  expect(code).toBe(130);
  expect(output).not.toContain("could not be started");
  expect(output).toContain("Interrupted while it started; nothing runs.");
});

test("results that nothing can hold are told before the fleet is started", async () => {
  const { code, stops, output } = await run(["a.mp3"], { out: "bad.mp3/results" });
  expect([code, stops]).toEqual([1, 0]);
  expect(output).toContain(`${join(cwd, "bad.mp3", "results")} can't hold results: `);
});

test("JSON lines on standard output, words for people on standard error", async () => {
  const { code, output, errors } = await run(["a.mp3", "gone.mp3"], { json: true });
  expect(code).toBe(1);
  const lines = output.trim().split("\n");
  const values = lines.map((line): unknown => JSON.parse(line));
  expect(values).toMatchObject([
    { type: "ready", apiUrl: api.url },
    { type: "failure", file: "gone.mp3", code: "missing-path" },
    { type: "track", file: "a.mp3", track: { state: "done" } },
    { type: "summary", total: 2, succeeded: 1, failed: 1, unfinished: 0 },
  ]);
  TrackResource.parse(JSON.parse(lines[2] ?? "").track);
  expect(errors).toContain("starting");
});

test("with --once no link leads to what has stopped; --out keeps results and files, and what was skipped is named", async () => {
  await mkdir(join(cwd, "album"));
  for (const [name, text] of Object.entries({ "=1+1.mp3": "x", "cover.jpg": "y" }))
    await writeFile(join(cwd, "album", name), text);
  const { code, output } = await run(["a.mp3", "bad.mp3", "album"], { out: "results" });
  expect(code).toBe(1);
  expect(output.split("Postgres")[0]).not.toMatch(/assets\/aac/);
  expect(output).toContain("1 file skipped (not audio by name, or no file): album/cover.jpg");
  expect(output.replace(/\s+/g, " ")).toMatch(
    /3 tracks and 2 assets written: .*results\/results\.csv, results\.jsonl/,
  );
  const read = (file: string) => readFile(join(cwd, "results", file), "utf8");
  expect(await read("assets/album/=1+1.mp3.aac.m4a")).toBe("AAC of =1+1.mp3");
  const lines = (await read("results.jsonl")).trim().split("\n");
  const tracks = lines.map((line) => JSON.parse(line));
  expect(tracks.map(({ file, assets }) => [file, assets]).sort()).toEqual([
    ["a.mp3", { aac: "assets/a.mp3.aac.m4a" }],
    ["album/=1+1.mp3", { aac: "assets/album/=1+1.mp3.aac.m4a" }],
    ["bad.mp3", {}],
  ]);
  for (const { track } of tracks) TrackResource.parse(track);
  const [head = "", ...rows] = (await read("results.csv")).trim().split("\r\n");
  expect(head.split(",")).toEqual(
    expect.arrayContaining(["file", "state", "tempo.bpm", "crest.crestDb", "aac.durationSec"]),
  );
  expect(rows.find((row) => row.startsWith("bad.mp3,"))).toContain("decode: not-audio");
  expect(rows.find((row) => row.startsWith("a.mp3,"))).toContain(",116,");
});
