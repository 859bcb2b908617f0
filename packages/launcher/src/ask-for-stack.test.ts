import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askForStack, stackFlags } from "./ask-for-stack.ts";

let dir: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-stack-"));
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

async function start(name: string, code: string) {
  const logFile = join(dir, `${name}.log`);
  const log = openSync(logFile, "a");
  const script = `require("fs").writeSync(1, "ready"); ${code}`;
  const child = spawn(process.execPath, [...stackFlags, "-e", script], { stdio: ["ignore", "pipe", log] });
  closeSync(log);
  children.push(child);
  await once(child.stdout ?? child, "data");
  return { kill: (signal: NodeJS.Signals) => void child.kill(signal), logFile };
}

test.skipIf(process.platform === "win32")("a process that computes for ever says where", async () => {
  const { kill, logFile } = await start("busy", "(function goesRound() { for (;;); })()");
  expect(await askForStack(kill, logFile)).toMatch(/^it is in .*goesRound/);
});

test.skipIf(process.platform === "win32")("one that waits says that it computes nothing", async () => {
  const { kill, logFile } = await start("idle", "setInterval(() => {}, 1_000_000)");
  expect(await askForStack(kill, logFile)).toBe("it computes nothing");
});

test.skipIf(process.platform === "win32")(
  "one that is stopped says nothing, and holds up nobody",
  async () => {
    const { kill, logFile } = await start("stopped", "setInterval(() => {}, 1_000_000)");
    kill("SIGSTOP");
    expect(await askForStack(kill, logFile)).toBe("it does not say where in its code it is");
  },
);
