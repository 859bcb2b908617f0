import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFleetUrl } from "@segue/launcher/project-fleet";
import { loadFleet } from "@segue/step";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";

let folder: string;
const weights = "these are weights";
const digest = createHash("sha256").update(weights).digest("hex");
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-models-"));
  await writeFile(join(folder, "good.bin"), weights);
  await writeFile(join(folder, "bad.bin"), `${weights}.`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A fleet whose steps name a model with that digest, and these files as its weights. */
async function fleetOf(files: Readonly<Record<string, string | null>>): Promise<string> {
  const step = import.meta.resolve("@segue/step");
  const contracts = import.meta.resolve("@segue/contracts");
  const steps = Object.entries(files).map(([name, file]) => {
    const weightsFile = file === null ? "" : `weightsFile: ${JSON.stringify(join(folder, file))},`;
    return `defineStep({
  name: "${name}", version: 1, consumes: { master: Master }, budget: { timeMs: 1000, memoryMiB: 64 },
  produces: defineKind({ name: "${name}-kind", retention: "derivative", payload: null, facts: z.object({}) }),
  model: { name: "heard", version: "7", digest: "${digest}" }, ${weightsFile}
  setup: async () => ({}), run: () => ({}) })`;
  });
  const path = join(folder, `${Object.keys(files).join("-")}.config.ts`);
  await writeFile(
    path,
    `import { defineFleet, defineStep } from "${step}";
import { defineKind, Master } from "${contracts}";
import { z } from "${import.meta.resolve("zod")}";
export default defineFleet({ heard: [${steps.join(", ")}] });\n`,
  );
  return path;
}

test("lists each model of the project's chain with its steps, and its weights are there", async () => {
  const { chain } = await loadFleet(projectFleetUrl);
  const { code, stdout } = await runCli(["models", "--json"]);
  expect(code).toBe(0);
  const listed: { digest: string; steps: string[]; state: string }[] = JSON.parse(stdout);
  const withModel = chain.steps.filter(({ model }) => model !== null);
  expect(withModel.length).toBeGreaterThan(0);
  expect(listed.flatMap(({ steps }) => steps).sort()).toEqual(withModel.map(({ name }) => name).sort());
  for (const { model } of withModel) {
    expect(listed).toContainEqual(expect.objectContaining({ ...model, state: "match", found: null }));
  }
  expect((await runCli(["models"])).stdout).toMatch(/^heard-small +1 +[0-9a-f]{12} +tags +match$/m);
});

test("weights that are others, are gone, or have no file are told apart", async () => {
  const fleet = await fleetOf({
    one: "good.bin",
    two: "good.bin",
    three: "bad.bin",
    four: "gone.bin",
    five: null,
  });
  const { code, stdout, stderr } = await runCli(["models", "--fleet", fleet, "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([
    { name: "heard", version: "7", digest, steps: ["one", "two"], state: "match" },
    { steps: ["three"], state: "differ", found: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { steps: ["four"], state: "unreadable", found: expect.stringContaining("ENOENT") },
    { steps: ["five"], state: "unchecked", file: null },
  ]);
  expect(stderr).toContain(`bad.bin: expected SHA-256 ${digest}, got `);
  expect(stderr).toContain("gone.bin: ENOENT");
});

test("a chain without models, and a model without a file, are no failure", async () => {
  expect(await runCli(["models", "--fleet", await fleetOf({ six: null })])).toMatchObject({ code: 0 });
  const none = await fleetOf({});
  expect(await runCli(["models", "--fleet", none])).toMatchObject({
    code: 0,
    stdout: "no step of the chain uses a model\n",
  });
});

test("an unknown option is a wrong command line", async () => {
  expect(await runCli(["models", "--fleets"])).toMatchObject({ code: 2, stdout: "" });
});
