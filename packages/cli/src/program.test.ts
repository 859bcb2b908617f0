import { expect, test } from "vitest";
import { runCli } from "./testing/run-cli.ts";

test("--version tells what runs, and by which Node", async () => {
  const { code, stdout } = await runCli(["--version"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^segue \d+\.\d+\.\d+ \(Node 22\.\d+\.\d+\)\n$/);
});

test("a variable that nothing reads stops every command with the nearest name, and help stays", async () => {
  const env = { SEGUE_APY: "http://127.0.0.1:1" };
  const words = "segue: SEGUE_APY: there is no such variable; did you mean SEGUE_API?\n";
  for (const command of [["graph"], ["status"], ["logs"]])
    expect(await runCli(command, process.cwd(), env)).toEqual({ code: 3, stdout: "", stderr: words });
  expect((await runCli(["status", "--help"], process.cwd(), env)).code).toBe(0);
});
