// Programs that behave as badly as programs can, through the step as it is: none of them outlives its attempt.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "@segue/child-process";
import { defineKind } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { StepLog } from "../define-step.ts";
import { runStep } from "../run-step.ts";
import { defineCommandStep } from "./define-command-step.ts";

const Pids = defineKind({
  name: "pids",
  retention: "derivative",
  payload: null,
  facts: z.object({ pids: z.array(z.int()) }),
});
const linuxOnly = test.skipIf(process.platform !== "linux");

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-processes-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** `note` writes ids of processes down where the test finds them; `child` starts a process that lives on. */
const prelude = `const { spawn } = require("node:child_process");
const fs = require("node:fs");
const note = (pid) => fs.appendFileSync(process.env.NOTES, pid + "\\n");
const child = (body, options) => {
  const started = spawn(process.execPath, ["-e", body], { stdio: "inherit", ...options });
  note(started.pid);
  return started;
};
const say = (message) => fs.writeSync(1, JSON.stringify(message) + "\\n");
const live = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6);";
note(process.pid);
`;

function misbehaving(name: string, body: string, budget = { timeMs: 20_000, memoryMiB: 400 }) {
  const notes = join(dir, `${name}.pids`);
  const step = defineCommandStep({
    name: "misbehave",
    version: 1,
    consumes: {},
    produces: Pids,
    budget,
    command: [process.execPath, "-e", prelude + body],
    env: { NOTES: notes },
  });
  const pids = async () =>
    (await readFile(notes, "utf8").catch(() => "")).trim().split("\n").filter(Boolean).map(Number);
  return { step, pids };
}

async function expectGone(pids: readonly number[], count: number): Promise<void> {
  expect(pids).toHaveLength(count);
  for (const pid of pids) await expect.poll(() => isRunning(pid)).toBe(false);
}

test("one that spins past its budget is killed", async () => {
  const { step, pids } = misbehaving("spins", "for (;;) Math.sqrt(2);", { timeMs: 700, memoryMiB: 400 });
  await expect(runStep(step, {})).rejects.toMatchObject({
    code: expect.stringMatching(/^(time-budget-exceeded|starved)$/),
    message: expect.stringContaining("misbehave ran longer than its budget of 700 ms"),
  });
  await expectGone(await pids(), 1);
});

test("one that ignores TERM is killed with its children when it is told to stop", async () => {
  const { step, pids } = misbehaving("deaf", `child(live); eval(live); console.error("deaf");`);
  const abort = new AbortController();
  const run = runStep(step, {}, { signal: abort.signal });
  await expect.poll(async () => (await pids()).length).toBe(2);
  abort.abort();
  await expect(run).rejects.toMatchObject({ code: "aborted", permanent: false });
  await expectGone(await pids(), 2);
});

test("one that hears TERM has a moment to tidy up", async () => {
  const mark = join(dir, "tidied");
  const { step, pids } = misbehaving(
    "tidy",
    `process.on("SIGTERM", () => { fs.writeFileSync(${JSON.stringify(mark)}, "yes"); process.exit(0); });
setInterval(() => {}, 1e6); say({ type: "log", message: "ready" });`,
  );
  const abort = new AbortController();
  const stop: StepLog = { debug() {}, warn() {}, info: () => abort.abort() };
  await expect(runStep(step, {}, { signal: abort.signal, log: stop })).rejects.toMatchObject({
    code: "aborted",
  });
  expect(await readFile(mark, "utf8")).toBe("yes");
  await expectGone(await pids(), 1);
});

test("nothing is started for an attempt that is over already", async () => {
  const { step, pids } = misbehaving("never", "");
  await expect(runStep(step, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  expect(await pids()).toEqual([]);
});

test("one that leaves a child behind has its result, and its child is killed", async () => {
  const { step, pids } = misbehaving(
    "leaves",
    `const left = child(live); say({ type: "result", facts: { pids: [left.pid] } }); process.exit(0);`,
  );
  const warned: [object, string][] = [];
  const log: StepLog = {
    debug() {},
    info() {},
    warn: (fields, message) => void warned.push([fields, message]),
  };
  const { facts } = await runStep(step, {}, { log });
  const all = await pids();
  expect(facts.pids).toEqual(all.slice(1));
  await expectGone(all, 2);
  if (process.platform === "linux")
    expect(warned).toEqual([[{ leftBehind: 1 }, "killed what the program left behind"]]);
});

linuxOnly(
  "one whose child leaves for a session of its own, and holds its pipes, does not save it",
  async () => {
    const { step, pids } = misbehaving(
      "daemon",
      `child(live, { detached: true }).unref(); say({ type: "result", facts: { pids: [] } }); process.exit(0);`,
    );
    await runStep(step, {});
    await expectGone(await pids(), 2);
  },
);

linuxOnly("one that hoards memory is killed", async () => {
  const { step, pids } = misbehaving(
    "hoards",
    `const hoard = []; setInterval(() => hoard.push(Buffer.alloc(16 * 2 ** 20, 1)), 10);`,
    { timeMs: 20_000, memoryMiB: 200 },
  );
  await expect(runStep(step, {})).rejects.toMatchObject({
    code: "memory-budget-exceeded",
    message: expect.stringMatching(/took \d+ MiB; its budget is 200 MiB/),
  });
  await expectGone(await pids(), 1);
});

linuxOnly("memory is that of all its processes together, other sessions included", async () => {
  const { step, pids } = misbehaving(
    "hoard-together",
    `const body = "const hoard = Buffer.alloc(150 * 2 ** 20, 1); setInterval(() => hoard.length, 1e6)";
child(body, { detached: true }); child(body); setInterval(() => {}, 1e6);`,
    { timeMs: 20_000, memoryMiB: 280 },
  );
  await expect(runStep(step, {})).rejects.toMatchObject({ code: "memory-budget-exceeded" });
  await expectGone(await pids(), 3);
});

test.each(["SIGKILL", "SIGTERM"] as const)("all die with their worker, which %s ends", async (signal) => {
  const leaves = process.platform === "linux" ? "{ detached: true }" : "{}";
  const { step, pids } = misbehaving(`orphan-${signal}`, `child(live, ${leaves}); eval(live);`);
  const module = join(dir, `worker-${signal}.mjs`);
  await writeFile(
    module,
    `import { runCommand } from ${JSON.stringify(new URL("./run-command.ts", import.meta.url).href)};
const context = { signal: new AbortController().signal, scratchDir: ${JSON.stringify(dir)}, outputPath: "", onSpawn() {} };
const prepared = ${JSON.stringify((await step.setup()).prepared)};
await runCommand(${JSON.stringify(step)}, {}, prepared, context).next();`,
  );
  const worker = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", module], {
    stdio: "ignore",
  });
  const exited = once(worker, "exit");
  await expect.poll(async () => (await pids()).length).toBe(2);
  worker.kill(signal);
  await exited;
  await expectGone(await pids(), 2);
});
