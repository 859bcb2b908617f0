import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isRunning } from "./is-running.ts";

/** A worker that is killed after its program has begun and before it hears so. */
const worker = (notes: string) => `
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createMark } from ${JSON.stringify(new URL("./marked-processes.ts", import.meta.url).href)};
import { startGuarded } from ${JSON.stringify(new URL("./orphan-guard.ts", import.meta.url).href)};
const mark = createMark();
startGuarded(() => {
  const env = { ...process.env, [mark.variable]: mark.value };
  spawn("/bin/sh", ["-c", 'echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 3600', ${JSON.stringify(notes)}], { env, detached: true, stdio: "ignore" });
  while (!existsSync(${JSON.stringify(notes)})) spawnSync("sleep", ["0.01"]);
  process.kill(process.pid, "SIGKILL");
}, mark);
`;

test.skipIf(process.platform !== "linux")(
  "a program whose worker is killed as it starts it dies too",
  async () => {
    const dir = await mkdtemp(join(tmpdir(), "segue-orphans-"));
    try {
      const notes = join(dir, "pid");
      await writeFile(join(dir, "worker.mjs"), worker(notes));
      const started = spawn(process.execPath, [join(dir, "worker.mjs")], { stdio: "ignore" });
      expect(await once(started, "exit")).toEqual([null, "SIGKILL"]);
      const pid = Number(await readFile(notes, "utf8"));
      expect(pid).toBeGreaterThan(1);
      await expect.poll(() => isRunning(pid)).toBe(false);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
);
