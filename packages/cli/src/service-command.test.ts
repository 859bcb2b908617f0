import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFleetUrl } from "@segue/launcher/project-fleet";
import { expect, test } from "vitest";
import { runCli } from "./testing/run-cli.ts";

// A service that the fleet lacks: the error that lists the others shows that the module was found.
const found = {
  code: 3,
  stdout: "",
  stderr: expect.stringMatching(/^segue: no service "nobody"; the fleet has: .*decode.*\n$/),
};
const service = (...fleet: string[]) => runCli(["service", "nobody", ...fleet]);

test("the fleet is the project's, a path from where the user is, or a URL", async () => {
  expect(await service()).toEqual(found);
  expect(await service("--fleet", "segue.config.ts")).toEqual(found);
  expect(await service("--fleet", projectFleetUrl)).toEqual(found);
});

test("a fleet file that is not there is named with its whole path, in one line", async () => {
  const { code, stderr } = await service("--fleet", "no-such.config.ts");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^segue: .*\/no-such\.config\.ts.*\n$/);
});

test("an environment that is wrong ends in one line and code 3, and names what was meant", async () => {
  const start = (env: NodeJS.ProcessEnv) => runCli(["service", "decode"], process.cwd(), env);
  expect(await start({ SEGUE_DRAIN_MS: "soon", SEGUE_HEALTH_PORT: "-1" })).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/^segue: SEGUE_DRAIN_MS: .*; it is "soon"; SEGUE_HEALTH_PORT: .*\n$/),
  });
  expect(await start({ SEGUE_LOGLEVEL: "debug" })).toEqual({
    code: 3,
    stdout: "",
    stderr: "segue: SEGUE_LOGLEVEL: there is no such variable; did you mean SEGUE_LOG_LEVEL?\n",
  });
});

test("a module that throws is told in one line; where it did, on request", async () => {
  const file = join(tmpdir(), `segue-throws-${process.pid}.config.ts`);
  await writeFile(file, 'throw new Error("the model is not there");\n');
  const { stderr } = await service("--fleet", file);
  expect(stderr).toBe("segue: the model is not there\n");
  const debugged = await runCli(["service", "nobody", "--fleet", file], process.cwd(), {
    SEGUE_LOG_LEVEL: "debug",
  });
  expect(debugged.stderr).toContain(`${file}:1`);
});
