import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { projectFleetUrl, transferFlags } from "@segue/launcher";

/** One worker process of the fleet, as the launcher starts it. */
export interface Worker extends AsyncDisposable {
  readonly pid: number;
  /** Deliveries that ended so far, by how they ended. */
  deliveries(): Promise<ReadonlyMap<string, number>>;
  residentMiB(): Promise<number>;
}

const mainFile = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

/** Resolves when the worker is ready. Its log goes to `logFile`. */
export async function startWorker(
  service: string,
  env: Readonly<Record<string, string>>,
  logFile: string,
): Promise<Worker> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    ...transferFlags,
    mainFile,
    "service",
    service,
    "--fleet",
    projectFleetUrl,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stderr.pipe(createWriteStream(logFile));
  const exited = once(child, "exit");
  const healthPort = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) =>
      resolve(Number(JSON.parse(line).healthPort)),
    );
    exited.then(
      ([code]) =>
        reject(new Error(`${service} ended with exit code ${code} before it was ready: see ${logFile}`)),
      reject,
    );
  });
  const pid = child.pid ?? -1;
  return {
    pid,
    async deliveries() {
      const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
      const counts = new Map<string, number>();
      for (const [, labels = "", value] of text.matchAll(/^segue_deliveries_total\{([^}]*)\} (\d+)/gm)) {
        const ending = /ending="([^"]*)"/.exec(labels)?.[1] ?? "unknown";
        counts.set(ending, (counts.get(ending) ?? 0) + Number(value));
      }
      return counts;
    },
    async residentMiB() {
      const status = await readFile(`/proc/${pid}/status`, "latin1");
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await exited;
    },
  };
}
