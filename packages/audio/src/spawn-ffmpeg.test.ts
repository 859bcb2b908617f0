import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Worker } from "node:worker_threads";
import { isRunning } from "@segue/child-process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chooseFfmpeg } from "./find-ffmpeg.ts";
import { spawnFfmpeg } from "./spawn-ffmpeg.ts";
import { startFfmpeg } from "./start-ffmpeg.ts";
import { createTestDir, type TestDir } from "./testing.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

/** A program that behaves as badly as an ffmpeg can: the process control is what is tested. */
async function program(name: string, body: string): Promise<string> {
  const path = dir.path(name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie still answers to signals: it counts as alive, since nobody waited for it.
    return true;
  } catch {
    return false;
  }
}

test("a program that hangs and ignores TERM is killed with its children when its time is up", async () => {
  const childPid = dir.path("child.pid");
  const path = await program("hangs", `trap '' TERM\nsleep 60 &\necho $! > ${childPid}\nwait\nsleep 60`);
  let pid = 0;
  const run = spawnFfmpeg(path, [], { hangMs: 300, onSpawn: (id) => (pid = id) });
  await expect(run).rejects.toMatchObject({ reason: "timeout", code: "time-budget-exceeded" });
  expect(isAlive(pid)).toBe(false);
  const child = Number(readFileSync(childPid, "utf8"));
  // The grandchild is the system's to reap; dead is what matters.
  await expect.poll(() => isRunning(child)).toBe(false);
});

test("an aborted run ends its process and says that it was told to stop", async () => {
  const path = await program("sleeps", "exec sleep 60");
  const abort = new AbortController();
  let pid = 0;
  const run = spawnFfmpeg(path, [], {
    signal: abort.signal,
    onSpawn: (id) => {
      pid = id;
      abort.abort(new Error("drain"));
    },
  });
  await expect(run).rejects.toMatchObject({ reason: "aborted", code: "aborted", cause: abort.signal.reason });
  expect(isAlive(pid)).toBe(false);
});

test("nothing is started for a signal that is aborted already", async () => {
  const path = await program("marks", `touch ${dir.path("mark")}`);
  const run = spawnFfmpeg(path, [], { signal: AbortSignal.abort() });
  await expect(run).rejects.toMatchObject({ reason: "aborted" });
  expect(existsSync(dir.path("mark"))).toBe(false);
});

test("a flood on both pipes neither blocks the program nor is kept, and its errors are counted", async () => {
  const flood = `i=0; while [ $i -lt 40 ]; do yes "[x @ 0] [error] bad frame" | head -5000 >&2; yes | head -c 50000; i=$((i+1)); done`;
  const path = await program("floods", `echo first >&2\n${flood}\necho last >&2`);
  let stdoutBytes = 0;
  const run = await spawnFfmpeg(path, [], {
    onStdout: (chunk) => {
      stdoutBytes += chunk.length;
    },
  });
  expect(stdoutBytes).toBe(40 * 50_000);
  expect(run.errorLines).toBe(200_000);
  expect(run.stderr.length).toBeLessThan(200_000);
  expect(run.stderr.startsWith("first\n")).toBe(true);
  expect(run.stderr.endsWith("last\n")).toBe(true);
});

test("what a program wrote is there for whoever begins to read after its end", async () => {
  const path = await program("brief", "echo all of it");
  let pid = 0;
  const run = startFfmpeg(path, [], { onSpawn: (id) => (pid = id) });
  await expect.poll(() => isRunning(pid)).toBe(false);
  await run.ended;
  expect(await text(run.stdout)).toBe("all of it\n");
});

test("a failure tells its exit code or signal and the last words", async () => {
  const fails = await program("fails", "echo 'no such luck' >&2; exit 3");
  await expect(spawnFfmpeg(fails, [])).rejects.toMatchObject({
    reason: "exit",
    exitCode: 3,
    message: "ffmpeg exited with 3: no such luck",
  });
  const crashes = await program("crashes", "kill -SEGV $$");
  await expect(spawnFfmpeg(crashes, [])).rejects.toMatchObject({
    reason: "exit",
    exitSignal: "SIGSEGV",
  });
  await expect(spawnFfmpeg(dir.path("absent"), [])).rejects.toMatchObject({
    reason: "spawn",
  });
});

test("what the machine lacks is told apart from what the file lacks, also where the program exits with 0", async () => {
  const lines = {
    "disk as it closes": "[error] Error closing file file:/scratch/out.wav: No space left on device",
    "disk, by a muxer": "[out#0/wav @ 0x561fce4f6840] [error] Error writing trailer: No space left on device",
    handles: "[NULL @ 0x1] [error] /scratch/in.mp3: Too many open files",
    "quota, without a line's end": "[error] av_interleaved_write_frame(): Disk quota exceeded\\c",
  };
  for (const [what, line] of Object.entries(lines)) {
    for (const exitCode of [0, 1]) {
      const path = await program("lacks", `printf '%b\\n' '${line}' >&2; exit ${exitCode}`);
      await expect(spawnFfmpeg(path, []), what).rejects.toMatchObject({ reason: "machine", exitCode });
    }
  }
});

test("a file's own words are no errors and no fault of the machine's", async () => {
  const words = [
    "[info]     title           : [error] No space left on device",
    "[info]                     : [mp3 @ 0x1] [error] Too many open files",
    "[info] Input #0, mp3, from 'file:No space left on device'",
  ];
  const path = await program("echoes", words.map((line) => `echo '${line}' >&2`).join("\n"));
  expect(await spawnFfmpeg(path, [])).toMatchObject({ errorLines: 0 });
});

test("a program gets none of the worker's settings and credentials", async () => {
  const path = await program("tells", "env");
  const secrets = { SEGUE_TEST_TOKEN: "secret", GOOGLE_APPLICATION_CREDENTIALS: "/key.json" };
  let told = "";
  Object.assign(process.env, secrets);
  try {
    await spawnFfmpeg(path, [], { onStdout: (chunk) => (told += chunk.toString()) });
  } finally {
    for (const name of Object.keys(secrets)) delete process.env[name];
  }
  expect(told).toContain(`PATH=${process.env.PATH}`);
  expect(told).not.toMatch(/SEGUE_TEST_TOKEN|GOOGLE_APPLICATION_CREDENTIALS|secret/);
});

test("FFMPEG_BIN is used and nothing else is tried; what does not answer as ffmpeg is refused", async () => {
  const fake = await program("answers", "echo 'ffmpeg version 99.1-test Copyright'");
  expect(await chooseFfmpeg(fake)).toEqual({
    path: fake,
    version: "99.1-test",
    source: "FFMPEG_BIN",
    warning: null,
  });
  const liar = await program("liar", "echo hello");
  await expect(chooseFfmpeg(liar)).rejects.toThrow(`FFMPEG_BIN is "${liar}": expected an ffmpeg that runs`);
  await expect(chooseFfmpeg(dir.path("absent"))).rejects.toThrow("could not be started");
});

test("without FFMPEG_BIN one is found, and an old build is warned of", async () => {
  const ffmpeg = await chooseFfmpeg(null);
  expect(ffmpeg.version).not.toBe("");
  expect(ffmpeg.warning !== null).toBe(ffmpeg.source === "@ffmpeg-installer/ffmpeg");
});

/** Runs a module in a process of its own that starts a program, and ends that process in the given way. */
async function startedBy(body: string, onPid: (worker: ChildProcess, pid: number) => void): Promise<number> {
  const source = new URL("./spawn-ffmpeg.ts", import.meta.url).href;
  const module = dir.path(`worker-${Date.now()}.mjs`);
  await writeFile(module, `import { spawnFfmpeg } from "${source}";\n${body}`);
  const worker = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", module], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve) => {
    worker.stdout?.once("data", (chunk: Buffer) => {
      const pid = Number(chunk.toString());
      expect(isRunning(pid)).toBe(true);
      onPid(worker, pid);
      worker.once("exit", () => resolve(pid));
    });
  });
}

test.each(["hangs silently", "ignores TERM"])(
  "a program that %s dies with its worker, which was killed",
  async (how) => {
    const body = how === "ignores TERM" ? "trap '' TERM HUP\nsleep 60\nsleep 60" : "exec sleep 60";
    const path = await program(`orphan-${how.slice(0, 4)}`, body);
    const code = `await spawnFfmpeg("${path}", [], { onSpawn: (pid) => process.stdout.write(String(pid)) });`;
    const pid = await startedBy(code, (worker) => worker.kill("SIGKILL"));
    await expect.poll(() => isRunning(pid)).toBe(false);
  },
);

test("a program dies with the thread that started it", async () => {
  const path = await program("thread-orphan", "exec sleep 60");
  const source = new URL("./spawn-ffmpeg.ts", import.meta.url).href;
  const thread = new Worker(
    `import("${source}").then(({ spawnFfmpeg }) => spawnFfmpeg("${path}", [], {
      onSpawn: (pid) => require("node:worker_threads").parentPort.postMessage(pid) }));`,
    { eval: true, execArgv: ["--disable-warning=ExperimentalWarning"] },
  );
  const [pid]: number[] = await once(thread, "message");
  expect(isRunning(pid ?? 0)).toBe(true);
  await thread.terminate();
  await expect.poll(() => isRunning(pid ?? 0)).toBe(false);
});

test("a process that has run a program ends by itself, and its guard with it", async () => {
  const path = await program("quick", "echo $PPID");
  const code = `await spawnFfmpeg("${path}", []); await new Promise((r) => setTimeout(r, 50));
process.stdout.write(String(process.pid));`;
  const pid = await startedBy(code, () => {});
  expect(isRunning(pid)).toBe(false);
});

test.skipIf(process.platform !== "linux")("a program gets no more memory than its cap", async () => {
  const path = await program("hoards", "exec head -c 400000000 /dev/zero | tail -c 300000000 > /dev/null");
  await spawnFfmpeg(path, [], { memoryMiB: 900 });
  await expect(spawnFfmpeg(path, [], { memoryMiB: 128 })).rejects.toMatchObject({
    reason: "exit",
    stderr: expect.stringMatching(/memory/),
  });
});
