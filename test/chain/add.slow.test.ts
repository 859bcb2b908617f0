import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { runProgram } from "@segue/cli/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { storeOf } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { tone } from "../support/tone.ts";

let running: FleetUnderTest;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-add-"));
  // So that submissions are refused while the test itself takes the only place.
  running = await startFleetUnderTest({
    env: { SEGUE_UPLOADS_AT_ONCE: "1", SEGUE_UPLOAD_IDLE_MS: "600000" },
  });
  await mkdir(join(dir, "music/deep"), { recursive: true });
  const files = { "music/a.wav": 220, "music/deep/b.wav": 330, "music/c.wav": 440, "d.wav": 550 };
  for (const [name, hz] of Object.entries(files)) await writeFile(join(dir, name), tone(hz, 0.5));
  await writeFile(join(dir, "music/notes.txt"), "no audio");
  const store = storeOf(running.fleet.env);
  await store.ensureBucket({ name: "clients", softDeleteRetentionSec: 0 });
  for (const [name, hz] of [
    ["2026/e.wav", 660],
    ["2026/f.wav", 770],
    ["2026/cover.jpg", 1],
  ] as const)
    await store.writeObject({ bucket: "clients", name, body: tone(hz, 0.5), createOnly: true });
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

interface Line {
  readonly source: string;
  readonly status: string;
  readonly trackId?: string;
  readonly code?: string;
}
let onStderr: (text: string) => void = () => {};
async function add(...args: string[]): Promise<{ code: number; lines: Line[]; stderr: string }> {
  const texts = { stdout: "", stderr: "" };
  const collect = (name: keyof typeof texts) =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += chunk;
        if (name === "stderr") onStderr(texts.stderr);
        done();
      },
    });
  const code = await runProgram(["add", ...args, "--json", "--api", running.fleet.apiUrl], {
    config: { cwd: dir, env: { ...running.fleet.env } },
    stdout: collect("stdout"),
    stderr: collect("stderr"),
  });
  const lines = texts.stdout.split("\n").flatMap((line): Line[] => (line === "" ? [] : [JSON.parse(line)]));
  return { code, lines, stderr: texts.stderr };
}

/** Takes the only place that there is for submissions, until the upload is ended. */
async function takePlace(): Promise<ClientRequest> {
  const upload = request(`${running.fleet.apiUrl}/v1/tracks`, {
    method: "POST",
    headers: { "content-type": "audio/wav", expect: "100-continue" },
  });
  upload.on("error", () => {});
  upload.flushHeaders();
  // The API has begun with it.
  await once(upload, "continue");
  upload.write(tone(990, 0.5));
  return upload;
}

test("files, a folder, a pattern and a gs:// prefix, with a fleet that asks to slow down", async () => {
  const upload = await takePlace();
  onStderr = (text) => {
    if (text.includes("sending goes on in")) upload.end();
  };
  const { code, lines, stderr } = await add(
    "d.wav",
    "music",
    "music/**/b.wav",
    "gs://clients/2026/",
    "--at-once",
    "6",
  );
  expect(code).toBe(0);
  expect(lines.filter(({ status }) => status === "accepted")).toHaveLength(6);
  // Named by its folder and by the pattern: one track.
  const twice = lines.filter(({ source }) => source.endsWith("b.wav"));
  expect(twice.map(({ status }) => status).sort()).toEqual(["accepted", "skipped"]);
  expect(twice[0]?.trackId).toBe(twice[1]?.trackId);
  expect(lines.map(({ source }) => source)).toEqual(
    expect.arrayContaining([join(dir, "d.wav"), "gs://clients/2026/e.wav", "gs://clients/2026/f.wav"]),
  );
  expect(stderr).toContain("sending goes on in");
  for (const { trackId } of lines) expect((await running.client.ended(trackId ?? "")).state).toBe("done");
});

test("given again, it submits what is missing", async () => {
  await writeFile(join(dir, "new.wav"), tone(880, 0.5));
  const { code, lines } = await add("music", "new.wav", "gs://clients/2026/e.wav", "gs://clients/2026/");
  expect(code).toBe(0);
  const accepted = lines.filter(({ status }) => status === "accepted").map(({ source }) => source);
  // An object that is named, not listed, says nothing of its age: it is taken for another.
  expect(accepted).toEqual(expect.arrayContaining([join(dir, "new.wav"), "gs://clients/2026/e.wav"]));
  expect(accepted).toHaveLength(2);
  expect(lines.filter(({ status }) => status === "skipped")).toHaveLength(5);
});

test("a manifest: what can't be used is told by line and code, the others go on", async () => {
  const text =
    "source,title,targets\n" +
    "music/a.wav,A song,tempo\n" +
    "gs://clients/none.wav,,\n" +
    "missing.wav,,\n" +
    ",no source,\n" +
    "gs://clients/2026/f.wav,F,nothing\n";
  await writeFile(join(dir, "release.csv"), text);
  const { code, lines } = await add("--manifest", "release.csv", "--journal", "other.journal");
  expect(code).toBe(1);
  const by = (part: string) => lines.find(({ source }) => source.includes(part));
  expect(by("a.wav")).toMatchObject({ status: "accepted" });
  // What is not there is found out later.
  const none = await running.client.ended(by("none.wav")?.trackId ?? "");
  expect(none.steps.find(({ step }) => step === "fetch")?.error?.code).toBe("source-not-found");
  expect(by("missing.wav")).toMatchObject({ status: "refused", code: "missing-path" });
  expect(by("release.csv:5")).toMatchObject({ status: "refused", code: "bad-line" });
  expect(by("f.wav")).toMatchObject({ status: "refused", code: "invalid-request" });
  const track = await running.client.ended(by("a.wav")?.trackId ?? "");
  expect(track.title).toBe("A song");
  expect(track.results.tempo).toBeDefined();
  expect(track.results.aac).toBeUndefined();
});

test("the same file for other targets is another submission", async () => {
  const { lines } = await add("d.wav", "--targets", "aac");
  expect(lines).toMatchObject([{ status: "accepted" }]);
  expect((await add("d.wav", "--targets", "aac")).lines).toMatchObject([{ status: "skipped" }]);
});

test("what can't be used at all ends with a code of its own", async () => {
  expect((await add("--manifest", "none.csv")).code).toBe(2);
  await expect(add()).resolves.toMatchObject({ code: 2 });
});
