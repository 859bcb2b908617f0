import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFleetUrl } from "@segue/launcher/project-fleet";
import { startGcsServer, startPostgresServer, startPubSubServer } from "@segue/local-cloud";
import { findFreePort } from "@segue/local-cloud/free-port";
import { loadFleet } from "@segue/step";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";
import { checkCpu, checkMemory, checkNode } from "./check-machine.ts";
import type { Finding } from "./finding.ts";

const host = "127.0.0.1";
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-doctor-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function doctor(env: NodeJS.ProcessEnv, ...args: string[]) {
  const { code, stdout } = await runCli(["doctor", "--json", ...args], folder, env);
  const findings: Finding[] = JSON.parse(stdout);
  return { code, findings, of: (check: string) => findings.find((finding) => finding.check === check) };
}

test("this machine can run the project's fleet: every step is set up, every model is its own", async () => {
  const port = await findFreePort();
  const { code, findings, of } = await doctor({}, "--port", String(port));
  expect(findings.filter(({ state }) => state === "problem")).toEqual([]);
  expect(code).toBe(0);
  const { chain } = await loadFleet(projectFleetUrl);
  for (const { name } of chain.steps) expect(of(`step ${name}`)).toMatchObject({ state: "ok", remedy: null });
  for (const { model } of chain.steps) {
    if (model) expect(of(`model ${model.name} ${model.version}`)?.state).toBe("ok");
  }
  expect(of("ffmpeg")?.detail).toMatch(/^\S+, of family \S+, /);
  expect(of("postgres")?.detail).toMatch(/^Postgres \d+.*, embedded$/);
  expect(of("port")?.detail).toBe(`${port} is free for the API`);
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(["node", "cpu", "memory", "data folder", "ffmpeg", "fleet"]),
  );
});

test("what the environment names and does not answer is a problem each, with what to do and without a password", async () => {
  const port = await findFreePort();
  const fleet = join(folder, "empty.config.ts");
  await writeEmptyFleet(fleet);
  const env = {
    DATABASE_URL: `postgres://me:hunter2@${host}:${port}/tracks`,
    PUBSUB_EMULATOR_HOST: `${host}:${port}`,
    SEGUE_GCS_ENDPOINT: `http://${host}:${port}`,
    FFMPEG_BIN: join(folder, "no-ffmpeg"),
  };
  const { code, findings, of } = await doctor(env, "--fleet", fleet);
  expect(code).toBe(1);
  const wrong = findings.filter(({ state }) => state === "problem");
  expect(wrong.map(({ check }) => check)).toEqual(["ffmpeg", "postgres", "pubsub", "storage"]);
  for (const { detail, remedy } of wrong.slice(1)) {
    expect(detail).toContain(`${host}:${port}`);
    expect(detail).toContain("ECONNREFUSED");
    expect(remedy).not.toBeNull();
  }
  expect(of("ffmpeg")?.detail).toContain("FFMPEG_BIN is");
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});

test("the port is that of --port, else of SEGUE_API_PORT; a wrong one is the environment's fault", async () => {
  const fleet = join(folder, "port.config.ts");
  await writeEmptyFleet(fleet);
  const [asked, given] = [await findFreePort(), await findFreePort()];
  const env = { SEGUE_API_PORT: String(given) };
  const portOf = async (more: NodeJS.ProcessEnv, ...args: string[]) =>
    (await doctor({ FFMPEG_BIN: "/none", ...more }, "--fleet", fleet, ...args)).of("port")?.detail;
  expect(await portOf(env, "--port", String(asked))).toBe(`${asked} is free for the API`);
  expect(await portOf(env)).toBe(`${given} is free for the API`);
  expect(await portOf({ SEGUE_API_PORT: "0" })).toBe("the API takes any that is free");
  const wrong = await runCli(["doctor", "--fleet", fleet], folder, { SEGUE_API_PORT: "eighty" });
  expect(wrong).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/^segue: SEGUE_API_PORT: .*"eighty"/),
  });
});

test("values in another form than expected are told as such", async () => {
  const fleet = join(folder, "empty.config.ts");
  await writeEmptyFleet(fleet);
  const env = { DATABASE_URL: "secret", PUBSUB_EMULATOR_HOST: "somewhere", SEGUE_GCS_ENDPOINT: "there" };
  const { code, of } = await doctor(env, "--fleet", fleet);
  expect(code).toBe(1);
  expect(of("postgres")?.detail).toBe("DATABASE_URL: expected a postgres:// URL");
  expect(of("pubsub")?.detail).toBe('PUBSUB_EMULATOR_HOST: expected host:port, got "somewhere"');
  expect(of("storage")?.detail).toBe('SEGUE_GCS_ENDPOINT: expected a URL, got "there"');
});

test("a cloud that answers is ok, and a taken port is a warning", async () => {
  const queue = await startPubSubServer({ host, port: 0, dataDir: null });
  onTestFinished(() => queue.close());
  const gcs = await startGcsServer({ host, port: 0, dataDir: join(folder, "gcs") });
  onTestFinished(() => gcs.close());
  const postgres = await startPostgresServer({ host, port: 0, dataDir: null });
  onTestFinished(() => postgres.close());
  const listener = await listen();
  onTestFinished(() => void listener.server.close());
  const fleet = join(folder, "empty.config.ts");
  await writeEmptyFleet(fleet);
  const env = {
    DATABASE_URL: postgres.url,
    PUBSUB_EMULATOR_HOST: `${host}:${queue.port}`,
    SEGUE_GCS_ENDPOINT: gcs.url,
  };
  const { code, of } = await doctor(env, "--fleet", fleet, "--port", String(listener.port));
  expect(code).toBe(0);
  for (const check of ["postgres", "pubsub", "storage"]) expect(of(check)?.state).toBe("ok");
  expect(of("postgres")?.detail).toContain(` at ${host}:${postgres.port}/postgres`);
  expect(of("port")).toMatchObject({ state: "warning", detail: expect.stringContaining("in use") });
});

test("a data folder below a file, a step that can't be set up and a fleet that is none are problems", async () => {
  await writeFile(join(folder, "file"), "");
  const broken = join(folder, "broken.config.ts");
  await writeFleet(broken, 'setup: () => import("./gone.ts")');
  const { code, of } = await doctor({}, "--fleet", broken, "--data", "file/data");
  expect(code).toBe(1);
  expect(of("data folder")).toMatchObject({ state: "problem", detail: expect.stringContaining("ENOTDIR") });
  expect(of("step broken")).toMatchObject({ state: "problem", detail: expect.stringContaining("gone.ts") });
  const none = await doctor({}, "--fleet", "missing.config.ts");
  expect(none.code).toBe(1);
  expect(none.of("fleet")).toMatchObject({
    state: "problem",
    detail: expect.stringContaining("missing.config.ts"),
  });
});

test("in text a remedy follows its line, and the last line counts", async () => {
  const { code, stdout } = await runCli(["doctor", "--fleet", "missing.config.ts"], folder, {});
  expect(code).toBe(1);
  expect(stdout).toMatch(/^problem +fleet +.*\n {2}correct the module, or name another with --fleet$/m);
  expect(stdout).toMatch(/\n\d+ ok, \d+ warnings?, 1 problem\n$/);
  expect(await runCli(["doctor", "--port", "0"])).toMatchObject({ code: 2, stdout: "" });
});

test("another Node, one core and little memory are warnings; less than an attempt may take is a problem", async () => {
  const fleet = await loadFleet(projectFleetUrl);
  expect(await checkNode("18.20.0")).toMatchObject({ state: "warning" });
  expect([checkCpu(1).state, checkCpu(2).state]).toEqual(["warning", "ok"]);
  const states = [64 * 2 ** 20, 2 ** 30, 64 * 2 ** 30].map((bytes) => checkMemory(fleet, bytes).state);
  expect(states).toEqual(["problem", "warning", "ok"]);
});

const writeEmptyFleet = (path: string) =>
  writeFile(
    path,
    `import { defineFleet } from "${import.meta.resolve("@segue/step")}";\nexport default defineFleet({});\n`,
  );

async function writeFleet(path: string, setup: string): Promise<void> {
  await writeFile(
    path,
    `import { defineFleet, defineStep } from "${import.meta.resolve("@segue/step")}";
import { defineKind, Master } from "${import.meta.resolve("@segue/contracts")}";
import { z } from "${import.meta.resolve("zod")}";
const produces = defineKind({ name: "broken-kind", retention: "derivative", payload: null, facts: z.object({}) });
const budget = { timeMs: 1000, memoryMiB: 64 };
const step = { name: "broken", version: 1, consumes: { master: Master }, produces, budget, run: () => ({}) };
export default defineFleet({ broken: [defineStep({ ...step, ${setup} })] });\n`,
  );
}

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("expected a port");
  return { server, port: address.port };
}
