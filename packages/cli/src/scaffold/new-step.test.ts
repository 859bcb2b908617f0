import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { copyProject, type ProjectCopy } from "../testing/project-copy.ts";
import { runCli } from "../testing/run-cli.ts";
import { listInFleet } from "./list-in-fleet.ts";
import { namesOf, refuseName } from "./step-names.ts";

const Report = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({ name: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

let copy: ProjectCopy;
let project: string;
beforeAll(async () => {
  copy = await copyProject();
  project = copy.path;
});
afterAll(() => copy[Symbol.asyncDispose]());

test("what it generates passes the type checker, the linter and its own tests, and runs", async () => {
  // The longest name that there can be, which also sorts before other files.
  const longest = "a-name-as-long-as-any-step-s-can";
  const steps = [
    ...["mono16k", "pcm", "master"].map((input) => [`try-${input}`, input] as const),
    [longest, "pcm"] as const,
    ["try-facts", "tempo"] as const,
    ["try-several", "pcm,tempo,waveform"] as const,
    // A kind of a service that was made a moment ago.
    ["try-sibling", "try-facts,master"] as const,
    ["try-stems", "pcm,tempo", "try-vocals,a-part-as-long-as-a-part-can-be,drums"] as const,
    ["try-renamed", "master", "digest"] as const,
    // One of several that a sibling makes, by a step on facts alone.
    ["try-of-stems", "tempo", "low,high"] as const,
  ];
  const kindsOf = ([name, , produces]: (typeof steps)[number]) => produces?.split(",") ?? [name];
  const keys = async () => Object.keys(JSON.parse(await readFile(join(project, "package.json"), "utf8")));
  const before = await keys();
  for (const [name, input, produces] of steps) {
    const { code, stdout } = await runCli([
      "new",
      "step",
      name,
      "--consumes",
      input,
      ...(produces ? ["--produces", produces] : []),
      "--project",
      project,
      "--json",
    ]);
    expect(code).toBe(0);
    const { created, edited } = JSON.parse(stdout);
    expect(edited).toEqual(["package.json", "segue.config.ts"]);
    expect(created).toContain(join("services", name, "src", `${name}.step.ts`));
    const readme = await readFile(join(project, "services", name, "README.md"), "utf8");
    expect(readme.match(/^##? .+/gm)).toEqual([
      `# ${name}`,
      "## Where to start reading",
      "## How it is tested",
    ]);
    await copy.link(join(project, "services", name));
  }
  expect(await keys()).toEqual(before);
  await copy.link(project);
  const folders = steps.map(([name]) => join("services", name));
  const tsconfig = JSON.parse(await readFile(join(project, "tsconfig.json"), "utf8"));
  await writeFile(
    join(project, "tsconfig.json"),
    JSON.stringify({ ...tsconfig, include: [...folders, "segue.config.ts"] }),
  );
  await copy.tool("tsc", ["--noEmit"]);
  const linted = [
    "check",
    "--vcs-enabled=false",
    "--error-on-warnings",
    "segue.config.ts",
    "package.json",
    ...folders,
  ];
  await copy.tool("biome", linted);
  const report = join(project, "report.json");
  // One on samples alone, and one on all that there can be: conformance of the others would tell no more.
  const conformed = ["try-mono16k", "try-several", "try-stems"].map(
    (name) => `services/${name}/src/conform.test.ts`,
  );
  const files = [...steps.map(([name]) => `services/${name}/src/${name}.test.ts`), ...conformed];
  await copy.tool("vitest", ["run", "--root", project, "--reporter=json", "--outputFile", report, ...files]);
  const { success, testResults } = Report.parse(JSON.parse(await readFile(report, "utf8")));
  const passed = testResults.map(({ name, assertionResults }) => ({
    conform: name.endsWith("conform.test.ts"),
    count: assertionResults.filter(({ status }) => status === "passed").length,
  }));
  const count = (conform: boolean) =>
    passed.filter((file) => file.conform === conform).reduce((sum, file) => sum + file.count, 0);
  expect({ success, own: count(false) }).toEqual({ success: true, own: 2 * steps.length - 5 });
  expect(count(true)).toBeGreaterThan(10 * conformed.length);

  const fleet = join(project, "segue.config.ts");
  const graph = await runCli(["graph", "--json", "--fleet", fleet]);
  expect(JSON.parse(graph.stdout).targets).toEqual(expect.arrayContaining(steps.flatMap(kindsOf)));
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const args = [main, "run", "try-master", main, "--fleet", fleet, "--json"];
  const ran = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
  expect(ran.facts).toEqual({ sizeBytes: (await readFile(main)).length });
});

test("exit code 2 for a name that is taken or no name, and nothing is written", async () => {
  const before = await readdir(join(project, "services"));
  for (const name of ["tempo", "mono16k", "bpm-key", "Loud", "new", "a--b", "../x", "x".repeat(33)]) {
    expect(await runCli(["new", "step", name, "--project", project]), name).toMatchObject({
      code: 2,
      stdout: "",
    });
  }
  expect(await readdir(join(project, "services"))).toEqual(before);
});

test.each([
  ["a kind of the chain", "tempo", '"tempo" is in the fleet already'],
  ["no name", "Vocals,drums", 'expected a name in kebab-case, such as beat-count, got "Vocals"'],
  ["a word of the language", "class,drums", '"class" has a meaning'],
  [
    "among several its own name",
    "try-parts,drums",
    '"try-parts" is the step: with several kinds none is called as it is',
  ],
])("what it makes is refused by its name: %s", async (_, kinds, words) => {
  const before = await readdir(join(project, "services"));
  const args = ["new", "step", "try-parts", "--produces", kinds, "--project", project];
  const { code, stderr } = await runCli(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  expect(await readdir(join(project, "services"))).toEqual(before);
});

test("a kind that is not there is refused by its name", async () => {
  const { code, stderr } = await runCli([
    "new",
    "step",
    "crest",
    "--consumes",
    "pcm,tempi",
    "--project",
    project,
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('there is no kind "tempi"');
});

test("exit code 1 where the service exists or the fleet is not in the expected form", async () => {
  const other = await mkdtemp(join(project, "other-"));
  await writeFile(join(other, "segue.config.ts"), "export default makeFleet();\n");
  const odd = await runCli(["new", "step", "crest", "--project", other]);
  expect(odd).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("segue.config.ts: expected imports"),
  });
  await mkdir(join(other, "services", "crest"), { recursive: true });
  const there = await runCli(["new", "step", "crest", "--project", other]);
  expect(there).toMatchObject({ code: 1, stderr: expect.stringContaining("exists already") });
});

test("names become constants, and words of the language are refused", () => {
  expect(namesOf("beat-count")).toEqual({ kebab: "beat-count", camel: "beatCount", pascal: "BeatCount" });
  expect(["class", "z", "define-step", "loudness"].map((name) => refuseName(name) === undefined)).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test("the import goes where the order has it, the entry to the end", () => {
  const source = [
    'import { a } from "@segue/a";',
    'import { c } from "@segue/c";',
    "",
    "export default defineFleet({",
    "  a: [a],",
    "});",
    "",
  ].join("\n");
  expect(listInFleet(source, namesOf("b-x"))).toBe(
    'import { a } from "@segue/a";\nimport { bXService } from "@segue/b-x";\nimport { c } from "@segue/c";\n\nexport default defineFleet({\n  a: [a],\n  "b-x": bXService,\n});\n',
  );
  expect(listInFleet(source, namesOf("z"))).toContain('"@segue/c";\nimport { zService } from "@segue/z";');
});
