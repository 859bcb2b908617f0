import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "@segue/cli/testing";
import { expect, onTestFinished, test } from "vitest";

const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;

test("the fleet is up, tells where its cloud is, and a Ctrl-C drains it", { timeout: 120_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), "segue-up-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const args = ["--disable-warning=ExperimentalWarning", main, "up", "--json", "--data", join(dir, "data")];
  const up = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void up.kill("SIGKILL"));
  let said = "";
  for await (const chunk of up.stdout) {
    said += chunk;
    if (said.endsWith("}\n")) break;
  }
  const { apiUrl, env } = JSON.parse(said);
  expect((await runCli(["ping", "--api", apiUrl])).code).toBe(0);
  // Other commands find its cloud by what it told.
  expect((await runCli(["verify"], dir, env)).code).toBe(0);
  const plan = await runCli(["plan", "--json", "--database", env.DATABASE_URL]);
  expect(JSON.parse(plan.stdout)).toMatchObject({ masters: 0 });
  up.kill("SIGINT");
  expect(await once(up, "exit")).toEqual([0, null]);
  expect((await runCli(["ping", "--api", apiUrl])).code).toBe(3);
});
