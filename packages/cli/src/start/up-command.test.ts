import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { isRunning } from "@segue/child-process";
import { projectFleetUrl } from "@segue/launcher/project-fleet";
import { findFreePort } from "@segue/local-cloud/free-port";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";
import { renderEnvironment, shownEnvironment } from "./shown-environment.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-up-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The command in a process of its own, as signals are part of what it does. */
function startUp(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning", main, "up", ...args];
  const child = spawn(process.execPath, flags, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, INIT_CWD: folder, ...more },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, errors: text(child.stderr), lines: linesOf(child) };
}

/** The path of a fleet of some of the project's services: it starts sooner than all of them. */
async function writeFleetOf(...names: readonly string[]): Promise<string> {
  const path = join(folder, `${names.join("-")}.config.ts`);
  const services = names.map((name) => `"${name}": project.services.get("${name}")`);
  await writeFile(
    path,
    `import { defineFleet } from "${import.meta.resolve("@segue/step")}";
import project from "${projectFleetUrl}";
export default defineFleet({ ${services.join(", ")} });
`,
  );
  return path;
}

function linesOf({ stdout }: ChildProcess): AsyncIterator<string> {
  if (!stdout) throw new Error("expected a standard output");
  return createInterface({ input: stdout })[Symbol.asyncIterator]();
}

test("keeps the fleet up with nothing sent; what it prints makes other commands use it; Ctrl-C drains", async () => {
  const port = await findFreePort();
  const { child, errors, lines } = startUp(["--json", "--data", "state"], {
    SEGUE_API_PORT: String(port),
    SEGUE_PREFIX: "team",
  });
  const ready = JSON.parse((await lines.next()).value);
  const apiUrl = `http://127.0.0.1:${port}`;
  expect(ready).toMatchObject({ type: "ready", dataDir: join(folder, "state"), apiUrl });
  const { pid, processes } = JSON.parse(await readFile(join(folder, "state", "fleet.json"), "utf8"));
  expect(pid).toBe(child.pid);
  const beside = { SEGUE_DATA_DIR: "state" };
  for (const env of [ready.env, beside]) {
    expect(await runCli(["tracks", "--json"], folder, env)).toMatchObject({ code: 0, stdout: "[]\n" });
    expect(await runCli(["plan", "--json"], folder, env)).toMatchObject({ code: 0 });
  }
  expect(await runCli(["verify"], folder, ready.env)).toMatchObject({ code: 0 });
  expect(await runCli(["verify"], folder, beside)).toMatchObject({ code: 0 });
  // Services listen where the topology was made: each answers.
  expect(await runCli(["ping", "--timeout", "20"], folder, beside)).toMatchObject({ code: 0 });
  const second = startUp(["--data", "state"]);
  expect(await once(second.child, "close")).toEqual([3, null]);
  expect(await second.errors).toContain("is in use by a running fleet");
  child.kill("SIGINT");
  expect(await once(child, "close")).toEqual([0, null]);
  expect(await errors).toContain("stopping");
  expect((await lines.next()).done).toBe(true);
  expect(processes.length).toBeGreaterThan(0);
  expect((await runCli(["tracks"], folder, beside)).stderr).toContain("none runs on");
  for (const left of processes) expect(isRunning(left)).toBe(false);
});

test("SIGTERM to npm alone ends the fleet, too", async () => {
  const fleet = await writeFleetOf("ingest", "catalog");
  const npm = spawn(
    "npm",
    ["run", "--silent", "segue", "--", "up", "--json", "--fleet", fleet, "--data", join(folder, "npm")],
    {
      cwd: fileURLToPath(new URL("../../../../", import.meta.url)),
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    },
  );
  onTestFinished(() => {
    // Whatever is left of the group, if anything is.
    try {
      process.kill(-(npm.pid ?? 0), "SIGKILL");
    } catch {}
  });
  expect(JSON.parse((await linesOf(npm).next()).value)).toMatchObject({ type: "ready" });
  const { pid, processes } = JSON.parse(await readFile(join(folder, "npm", "fleet.json"), "utf8"));
  npm.kill("SIGTERM");
  for (const left of [pid, ...processes]) await expect.poll(() => isRunning(left)).toBe(false);
});

test("a fleet that can't be loaded and a wrong port are told by the exit code", async () => {
  await writeFile(join(folder, "none.config.ts"), "export default 7;\n");
  const { child, errors } = startUp(["--fleet", "none.config.ts", "--data", "other"]);
  expect(await once(child, "close")).toEqual([3, null]);
  expect(await errors).toContain("expected a fleet as its default export");
  expect(await runCli(["up", "--port", "70000"])).toMatchObject({ code: 2, stdout: "" });
});

test("the environment of a fleet that is gone is told in one line", async () => {
  const gone = {
    PUBSUB_EMULATOR_HOST: "127.0.0.1:1",
    SEGUE_GCS_ENDPOINT: "http://127.0.0.1:1",
    DATABASE_URL: "postgres://segue@127.0.0.1:1/postgres",
  };
  const { child, errors } = startUp(["--data", "gone"], gone);
  expect(await once(child, "close")).toEqual([3, null]);
  const [given, starting, why, ...more] = (await errors).trimEnd().split("\n");
  expect(given).toContain("the environment names DATABASE_URL, PUBSUB_EMULATOR_HOST, SEGUE_GCS_ENDPOINT");
  expect(starting).toContain("starting");
  expect(why).toMatch(/^The fleet could not be started: .*ECONNREFUSED 127\.0\.0\.1:1$/);
  expect(more).toEqual([]);
});

test("a worker without the ffmpeg that is named fails no track: the fleet does not start, and says why", async () => {
  const { child, errors } = startUp(["--fleet", await writeFleetOf("decode"), "--data", "no-ffmpeg"], {
    FFMPEG_BIN: "/no/such/ffmpeg",
  });
  expect(await once(child, "close")).toEqual([3, null]);
  expect(await errors).toMatch(/could not be started: decode ended .*: FFMPEG_BIN is "\/no\/such\/ffmpeg"/);
});

test("lines for a shell are quoted where they must be, and no password that was given is shown", () => {
  const env = { PUBSUB_EMULATOR_HOST: "127.0.0.1:1", DATABASE_URL: "postgres://a@b/c?d=e&f='g'", OTHER: "1" };
  const apiUrl = "http://127.0.0.1:9";
  expect(renderEnvironment(shownEnvironment({ apiUrl, env, ownParts: [] }))).toBe(
    "export SEGUE_API=http://127.0.0.1:9\nexport PUBSUB_EMULATOR_HOST=127.0.0.1:1\nexport DATABASE_URL='postgres://a@b/c?d=e&f='\\''g'\\'''",
  );
  const DATABASE_URL = "postgres://me:hunter2@db/tracks";
  const withPassword = { apiUrl, env: { DATABASE_URL } };
  expect(shownEnvironment({ ...withPassword, ownParts: [] })).toEqual({ SEGUE_API: apiUrl });
  const ours = shownEnvironment({ ...withPassword, ownParts: ["DATABASE_URL"] });
  expect(ours).toEqual({ SEGUE_API: apiUrl, DATABASE_URL });
});
