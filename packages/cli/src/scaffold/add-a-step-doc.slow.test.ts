// docs/add-a-step.md is followed here: what it shows is what is typed.
import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { demoTrack } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyProject, type ProjectCopy } from "../testing/project-copy.ts";
import { runCli } from "../testing/run-cli.ts";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.warn("skipped: the Python part of docs/add-a-step.md, which needs python3");

let page: string;
let project: ProjectCopy;
let song: string;
/** The page's blocks of code in a language, in order. */
let blocks: (language: string) => string[];
beforeAll(async () => {
  page = await readFile(new URL("../../../../docs/add-a-step.md", import.meta.url), "utf8");
  blocks = (language) =>
    [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code = ""]) =>
      name === language ? [code] : [],
    );
  project = await copyProject();
  song = join(project.path, "song.wav");
  await writeFile(song, demoTrack().wav);
});
afterAll(() => project[Symbol.asyncDispose]());

async function newStep(...args: string[]): Promise<string[]> {
  const { code, stdout } = await runCli(["new", "step", ...args, "--project", project.path]);
  expect(code).toBe(0);
  return stdout.split("\n").filter((line) => /^(created|edited) /.test(line));
}

/** Lines without blanks and comments, and how many of them are imports: as the page counts. */
async function countLines(path: string): Promise<{ all: number; imports: number }> {
  const text = (await readFile(path, "utf8")).replace(/\/\*[\s\S]*?\*\//g, "");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^\s*(\/\/|#)/.test(line));
  return { all: lines.length, imports: lines.filter((line) => /^(import|from) /.test(line)).length };
}

async function expectCounted(first: string, second: string): Promise<void> {
  const [a, b] = [await countLines(first), await countLines(second)];
  const row = page
    .split("\n")
    .find((line) => line.startsWith("|") && line.includes(`\`${basename(second)}\``));
  expect(row).toContain(`${a.all} + ${b.all} = ${a.all + b.all}`);
  expect(row).toContain(`${a.imports} + ${b.imports} |`);
}

async function runOnSong(step: string): Promise<{ facts: unknown }> {
  const main = new URL("../main.ts", import.meta.url).pathname;
  const fleet = join(project.path, "segue.config.ts");
  const args = ["--disable-warning=ExperimentalWarning", main, "run", step, song, "--fleet", fleet, "--json"];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  return JSON.parse(stdout);
}

test("the TypeScript part: types, lint and tests pass, and the step runs", async () => {
  const folder = join(project.path, "services/crossings");
  const file = (name: string) => join(folder, "src", name);
  const replaceLine = async (name: string, like: RegExp, by: string) => {
    const text = await readFile(file(name), "utf8");
    expect(text).toMatch(like);
    await writeFile(
      file(name),
      text.replace(like, () => by),
    );
  };
  const said = await newStep("crossings");
  const shown = blocks("").find((block) => block.startsWith("created")) ?? "";
  expect(said).toEqual(shown.trimEnd().split("\n"));

  const [facts = "", inRun = "", work = "", firstTest = ""] = blocks("ts");
  await replaceLine("crossings.step.ts", /^ {2}facts: .*\n/m, facts);
  await replaceLine("crossings.step.ts", /^ {4}return work\..*\n/m, inRun);
  await writeFile(file("measure-crossings.ts"), work);
  await replaceLine("crossings.test.ts", /^test\("the largest[\s\S]*?^}\);\n/m, firstTest);
  await replaceLine(
    "crossings.test.ts",
    /expect\(result\.facts\)\.toEqual\(.*\)/,
    "expect(result.facts).toEqual({ perSec: 0 })",
  );

  await project.link(folder);
  await project.link(project.path);
  const tsconfig = JSON.parse(await readFile(join(project.path, "tsconfig.json"), "utf8"));
  const include = ["services/crossings", "segue.config.ts"];
  await writeFile(join(project.path, "tsconfig.json"), JSON.stringify({ ...tsconfig, include }));
  await project.tool("tsc", ["--noEmit"]);
  await project.tool("biome", ["check", "--vcs-enabled=false", "--error-on-warnings", "services/crossings"]);
  await project.tool("vitest", ["run", "--root", project.path, "services/crossings"]);
  expect((await runOnSong("crossings")).facts).toEqual({ perSec: expect.any(Number) });
  await expectCounted(file("crossings.step.ts"), file("measure-crossings.ts"));
});

test.skipIf(!hasPython)("the Python part: the step runs", async () => {
  await newStep("rms");
  const folder = join(project.path, "services/rms");
  const file = (name: string) => join(folder, "src", name);
  await writeFile(file("rms.step.ts"), blocks("ts").at(-1) ?? "");
  await writeFile(file("rms.py"), blocks("python")[0] ?? "");
  for (const name of ["measure-rms.ts", "rms.test.ts"]) await rm(file(name));
  await project.link(folder);
  await rm(join(project.path, "node_modules"), { recursive: true, force: true });
  await project.link(project.path);
  await project.tool("vitest", ["run", "--root", project.path, "services/rms"]);
  const { facts } = await runOnSong("rms");
  expect(facts).toEqual({ rms: expect.closeTo(0.12, 2) });
  await expectCounted(file("rms.step.ts"), file("rms.py"));
});
