// What the first edition's steps made, bit for bit, where their versions have not changed: its code is taken from the repository's own history.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encodeWav, whiteNoise } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { checkOut, type PreviousRelease } from "../support/previous-release.ts";
import type { Made, RunPlan, StepResults } from "./run-steps.ts";

/** The last commit before messages were requests, facts and tasks (ADR 0039). */
const lastOfFirstEdition = "575fc617";
/** What had another version then, or was no step: what they make is another thing, and meant to be. A step that changes its version is put here. */
const changed = ["aac", "tags", "tempo", "waveform-svg"];
const kinds = ["pcm", "mono16k", "key", "loudness", "waveform"];

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const script = "test/first-edition/run-steps.ts";
const isHere = await run("git", ["cat-file", "-e", `${lastOfFirstEdition}^{commit}`], { cwd: root }).then(
  () => true,
  () => false,
);
if (!isHere)
  console.warn(`skipped: ${lastOfFirstEdition}, of the first edition, is not in this clone's history`);

const dir = mkdtempSync(join(tmpdir(), "segue-first-edition-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Lossy, lossless and as recorded; of one channel, of another rate, silent, and no audio at all. */
async function makeFiles(): Promise<string[]> {
  const songs = (["mp3", "flac", "wav"] as const).map((format, index) =>
    makeMaster({ seed: 900 + index, durationSec: 20, format, dir }),
  );
  const made = await Promise.all(songs);
  const noise = whiteNoise({ durationSec: 6, sampleRateHz: 48_000, seed: 7, amplitude: 0.2 });
  const others = {
    "mono-48k.wav": encodeWav({ channels: [noise], sampleRateHz: 48_000, bitDepth: 24 }),
    "silence.wav": encodeWav({
      channels: [new Float32Array(44_100 * 5)],
      sampleRateHz: 44_100,
      bitDepth: 16,
    }),
    "no-audio.mp3": Buffer.from("These are no samples at all.\n".repeat(50)),
  };
  for (const [name, bytes] of Object.entries(others)) writeFileSync(join(dir, name), bytes);
  return [...made.map(({ path }) => path), ...Object.keys(others).map((name) => join(dir, name))];
}

async function runSteps(
  tree: string,
  name: string,
  plan: Pick<RunPlan, "files" | "inputs">,
): Promise<StepResults> {
  const planFile = join(dir, `${name}.json`);
  writeFileSync(planFile, JSON.stringify({ ...plan, root: tree, outDir: join(dir, name) } satisfies RunPlan));
  const args = ["--disable-warning=ExperimentalWarning", join(tree, script), planFile];
  const { stdout } = await run(process.execPath, args, { cwd: tree, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as StepResults;
}

describe.skipIf(!isHere)("the first edition's results", () => {
  let release: PreviousRelease;
  let theirs: StepResults;
  let ours: StepResults;
  const pairs: {
    readonly file: string;
    readonly kind: string;
    readonly was: Made;
    readonly is: Made | undefined;
  }[] = [];
  beforeAll(async () => {
    release = await checkOut(lastOfFirstEdition, [script]);
    const files = await makeFiles();
    theirs = await runSteps(release.root, "theirs", { files });
    ours = await runSteps(root, "ours", { files, inputs: theirs.made });
    for (const [file, made] of Object.entries(theirs.made))
      for (const [kind, was] of Object.entries(made))
        pairs.push({ file, kind, was, is: ours.made[file]?.[kind] });
  });
  afterAll(() => release?.[Symbol.asyncDispose]());

  test("both took the same ffmpeg: others make other bytes", () => {
    expect(ours.ffmpeg).toBe(theirs.ffmpeg);
  });

  test("what has another version than then is known, and is all that has", () => {
    const differs = pairs.filter(({ was, is }) => was.version !== is?.version).map(({ kind }) => kind);
    expect([...new Set(differs)].sort()).toEqual(changed);
    console.info(`of other versions than the first edition's, and not compared: ${changed.join(", ")}`);
  });

  test.each(kinds)("%s is the same to the bit, and so are its facts", (kind) => {
    const compared = pairs.filter((pair) => pair.kind === kind);
    expect(compared.filter(({ was }) => was.failure === null).length).toBeGreaterThanOrEqual(5);
    for (const { file, was, is } of compared)
      expect({ file, ...is, path: "" }).toEqual({ file, ...was, path: "" });
  });
});
