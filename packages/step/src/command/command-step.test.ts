// Real programs, all of them Node's own: what a program says, and what becomes of it.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressOf } from "@segue/chain";
import { defineError, defineKind } from "@segue/contracts";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { Text } from "../fixtures/kinds.ts";
import { runStep } from "../run-step.ts";
import { type CommandStep, defineCommandStep } from "./define-command-step.ts";

const Found = defineKind({
  name: "found",
  retention: "derivative",
  payload: null,
  facts: z.strictObject({ found: z.json() }),
});
const Upper = defineKind({
  name: "upper",
  retention: "derivative",
  payload: { contentType: "text/plain", extension: "txt" },
  facts: z.object({}),
});

/** Begins every program: `request` is read, `say` writes a line. */
const prelude = `const request = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const say = (message) => console.log(JSON.stringify(message));
const done = (found) => say({ type: "result", facts: { found } });
`;

function programStep(body: string, changes: Partial<CommandStep<{ text: typeof Text }, typeof Found>> = {}) {
  return defineCommandStep({
    name: "find",
    version: 3,
    params: { window: 2 },
    consumes: { text: Text },
    produces: Found,
    budget: { timeMs: 20_000, memoryMiB: 400 },
    command: [process.execPath, "-e", prelude + body],
    ...changes,
  });
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-command-"));
  await writeFile(join(dir, "in.txt"), "a text");
});
afterAll(() => rm(dir, { recursive: true, force: true }));
const given = () => ({ text: { facts: { length: 6 }, path: join(dir, "in.txt") } });
const run = (body: string) => runStep(programStep(body), given());

test("a program is told its step, params, inputs, where to write, and what it may use", async () => {
  const { facts } = await run("done({ ...request, cwd: process.cwd() })");
  expect(facts.found).toEqual({
    protocol: 1,
    step: "find",
    version: 3,
    params: { window: 2 },
    inputs: { text: { kind: "text", facts: { length: 6 }, path: join(dir, "in.txt"), sizeBytes: 6 } },
    outputPath: null,
    scratchDir: expect.stringContaining("segue-scratch-"),
    budget: { timeMs: 20_000, memoryMiB: 400 },
    resume: null,
    cwd: expect.stringContaining("segue-scratch-"),
  });
});

test("of the worker's environment it sees where to find things and how text is read, and no credentials", async () => {
  const secrets = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "DATABASE_URL",
    "SEGUE_GCS_ENDPOINT",
    "AWS_SECRET_ACCESS_KEY",
  ];
  for (const name of [...secrets, "NODE_OPTIONS", "HOME"])
    vi.stubEnv(name, name === "NODE_OPTIONS" ? "" : "/secret");
  onTestFinished(() => void vi.unstubAllEnvs());
  const seen = (await runStep(programStep("done([process.env, process.cwd()])"), given())).facts.found;
  const [env, folder] = z.tuple([z.record(z.string(), z.string()), z.string()]).parse(seen);
  const known = ["HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR", "TZ"];
  expect(Object.keys(env).filter((name) => !known.includes(name))).toEqual(["SEGUE_ATTEMPT"]);
  expect(env.HOME).toBe(folder);
});

test("it sees little of the worker's environment, and what the step gives it", async () => {
  vi.stubEnv("TEST_SECRET", "secret");
  vi.stubEnv("TEST_DEVICE", "0");
  onTestFinished(() => void vi.unstubAllEnvs());
  const body = "done([process.env.TEST_SECRET ?? null, process.env.TEST_DEVICE, process.env.MODE])";
  const step = programStep(body, { inheritEnv: ["TEST_DEVICE"], env: { MODE: "fast" } });
  expect((await runStep(step, given())).facts.found).toEqual([null, "0", "fast"]);
});

test("a payload is what it writes at its output path", async () => {
  const upper = (body: string) =>
    defineCommandStep({
      name: "upper",
      version: 1,
      consumes: { text: Text },
      produces: Upper,
      budget: { timeMs: 20_000, memoryMiB: 400 },
      command: [process.execPath, "-e", prelude + body],
    });
  const writes = upper(`const fs = require("node:fs");
fs.writeFileSync(request.outputPath, fs.readFileSync(request.inputs.text.path, "utf8").toUpperCase());
say({ type: "result", facts: {} });`);
  const { outputPath } = await runStep(writes, given(), { outputDir: dir });
  expect(await readFile(outputPath, "utf8")).toBe("A TEXT");
  await rm(outputPath);
  await expect(
    runStep(upper('say({ type: "result", facts: {} })'), given(), { outputDir: dir }),
  ).rejects.toMatchObject({
    code: "invalid-output",
    message: "upper: expected the upper at outputPath, got no file there",
  });
});

test("logs become the step's; blank lines and a missing last line end do no harm; stderr is free", async () => {
  const logged: unknown[] = [];
  const keep = (fields: object, message: string) => void logged.push([message, fields]);
  const body = `console.error("free text"); console.log("");
say({ type: "log", message: "half way" });
say({ type: "log", level: "warn", message: "odd", fields: { at: 1 } });
process.stdout.write(JSON.stringify({ type: "result", facts: { found: "ü" } }));`;
  const log = { debug: keep, info: keep, warn: keep };
  expect((await runStep(programStep(body), given(), { log })).facts).toEqual({ found: "ü" });
  expect(logged).toEqual([
    ["half way", {}],
    ["odd", { at: 1 }],
    ["the program wrote to stderr", { stderr: "free text" }],
  ]);
});

test("a program need not read what it is told", async () => {
  const big = programStep("", {
    params: "x".repeat(2 ** 20),
    command: [process.execPath, "-e", `console.log('{"type":"result","facts":{"found":1}}'); process.exit()`],
  });
  expect((await runStep(big, given())).facts).toEqual({ found: 1 });
});

describe("an error that the program names", () => {
  test("is permanent and its own, whatever its exit code", async () => {
    const body = `console.error("why"); say({ type: "error", code: "not-audio", message: "no RIFF header" }); process.exitCode = 1;`;
    const debugged: object[] = [];
    const log = { debug: (fields: object) => void debugged.push(fields), info() {}, warn() {} };
    await expect(runStep(programStep(body), given(), { log })).rejects.toMatchObject({
      code: "not-audio",
      message: "no RIFF header",
      permanent: true,
    });
    expect(debugged).toEqual([{ stderr: "why" }]);
  });

  test("may be one that its step declares, with the step's words", async () => {
    const drmProtected = defineError({
      code: "drm-protected",
      meaning: "It is encrypted.",
      remedy: "Decrypt it.",
    });
    const body = `say({ type: "error", code: "drm-protected", message: "enca" });`;
    const ran = runStep(programStep(body, { errors: [drmProtected] }), given());
    await expect(ran).rejects.toMatchObject({ ...drmProtected, family: "permanent", message: "enca" });
  });

  test("has a permanent code of the catalogue otherwise", async () => {
    const body = `say({ type: "error", code: "bad-file", message: "?" });`;
    await expect(run(body)).rejects.toMatchObject({
      code: "invalid-output",
      message: expect.stringMatching(/code: expected one of empty-file, not-audio, .*/),
    });
  });
});

describe("a program that breaks the protocol is told what was expected and what came", () => {
  test.each<[how: string, body: string, says: string[]]>([
    ["prints free text", `console.log("Loading model...")`, ["a line of JSON", '"Loading model..."']],
    ["prints NaN", `console.log('{"type":"result","facts":{"found":NaN}}')`, ["a line of JSON", "NaN"]],
    ["prints Latin-1", "process.stdout.write(Buffer.from([0xfc, 0x0a]))", ["UTF-8"]],
    ["prints an unknown type", `say({ type: "progress" })`, ['"result"', "progress"]],
    ["mistypes a field", `say({ type: "result", fact: {} })`, ["fact"]],
    ["breaks its kind's schema", `say({ type: "result", facts: { find: 1 } })`, ["no found", "find"]],
    ["goes on after its result", `done(1); done(2)`, ["nothing but logs after its result, got a result"]],
    ["says nothing", "", ['{"type":"result","facts":...}', "none before exit 0"]],
    [
      "prints 10 MB in a line",
      `console.error("oh"); process.stdout.write("x".repeat(1e7)); setInterval(() => {}, 1e6)`,
      ["at most 1048576 bytes", "a line of more", "it said: oh"],
    ],
    [
      "prints 10 MB in lines",
      `const text = "x".repeat(1e4); for (let i = 0; i < 1000; i++) say({ type: "log", message: text });`,
      ["8388608 in all", "more than 8388608 bytes"],
    ],
  ])("%s", async (_how, body, says) => {
    const failure = await run(body).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "invalid-output", permanent: true });
    for (const text of says) expect(String(failure)).toContain(text);
  });
});

test.skipIf(process.platform !== "linux")(
  "a program that meets a full disk says nothing of its input",
  async () => {
    const failed = run(`require("node:fs").writeFileSync("/dev/full", "more than there is room for")`);
    await expect(failed).rejects.toMatchObject({
      code: "worker-unfit",
      message: expect.stringContaining("ENOSPC"),
    });
  },
);

describe("a program that dies may be tried again, and the story has its last words", () => {
  test.each([
    [
      "exit code 3",
      `console.error("no such luck"); process.exit(3)`,
      "step-failed",
      "exited with 3; it said: no such luck",
    ],
    ["a result, then exit code 1", "done(1); process.exitCode = 1", "step-failed", "exited with 1"],
    [
      "half a line, then SIGSEGV",
      `process.stdout.write('{"type'); process.kill(process.pid, "SIGSEGV")`,
      "worker-crashed",
      "SIGSEGV",
    ],
    [
      "SIGKILL, as the kernel sends it",
      `process.kill(process.pid, "SIGKILL")`,
      "memory-budget-exceeded",
      "SIGKILL",
    ],
  ])("%s", async (_how, body, code, says) => {
    await expect(run(body)).rejects.toMatchObject({
      code,
      permanent: false,
      message: expect.stringContaining(says),
    });
  });

  test("of what it wrote to stderr, the end is kept", async () => {
    const body = `for (let i = 0; i < 100000; i++) console.error("line " + i); process.exitCode = 1`;
    const failure = await run(body).catch((error: Error) => error.message);
    expect(failure).toContain("line 99999");
    expect(String(failure).length).toBeLessThan(2_000);
  });
});

test("a machine without the program or its file says so before any track is taken", async () => {
  const missing = programStep("", { command: ["segue-no-such-program"] });
  await expect(missing.setup()).rejects.toThrow("expected an executable segue-no-such-program; PATH is");
  const noFile = programStep("", { command: [process.execPath, new URL("./absent.py", import.meta.url)] });
  await expect(noFile.setup()).rejects.toThrow(/expected a readable file .*absent\.py/);
});

test("a program on long input goes on from its checkpoint, however often it is interrupted", async () => {
  const body = `let { at, starts } = request.resume?.state ?? { at: 0, starts: 0 };
starts += 1;
(async () => {
  while (at < 5) {
    at += 1;
    say({ type: "checkpoint", state: { at, starts } });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  done({ at, starts });
})();`;
  expect((await run(body)).facts).toEqual({ found: { at: 5, starts: 1 } });
  const { facts } = await runStep(programStep(body), given(), { interruptEvery: 2 });
  expect(facts).toEqual({ found: { at: 5, starts: 3 } });
});

test("its content is part of the address if asked for; else its version alone", async () => {
  const file = join(dir, "program.cjs");
  const define = (addressByContent: boolean) =>
    programStep("", { command: [process.execPath, new URL(`file://${file}`)], addressByContent });
  await writeFile(file, `${prelude}done(request.params);`);
  const [plain, pinned] = [define(false), define(true)];
  expect(plain.params).toEqual({ window: 2 });
  expect((await runStep(pinned, given())).facts).toEqual({ found: { window: 2 } });
  await writeFile(file, `${prelude}done(2);`);
  expect(addressOf(define(false), {})).toBe(addressOf(plain, {}));
  expect(addressOf(define(true), {})).not.toBe(addressOf(pinned, {}));
});
