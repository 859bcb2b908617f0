// Pub/Sub servers as processes of their own: ours and Google's emulator.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findFreePort } from "@segue/local-cloud/free-port";

const pubsubMain = join(import.meta.dirname, "../../packages/local-cloud/src/pubsub-main.ts");

const children = new Set<ChildProcess>();

/** Ends what was started here and still runs, whether it became ready or not. */
export function endAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** A server process and the port it listens on. */
export interface ServerProcess {
  readonly process: ChildProcess;
  readonly port: number;
}

/** Starts our server, durable in a folder; resolves once it has said that it is ready. */
export async function spawnPubSub(dataDir: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", pubsubMain], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, SEGUE_PUBSUB_PORT: "0", SEGUE_DATA_DIR: dataDir },
  });
  children.add(child);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const ready: unknown = JSON.parse(String(line));
  if (typeof ready !== "object" || ready === null || !("port" in ready))
    throw new Error(`not ready: ${line}`);
  return { process: child, port: Number(ready.port) };
}

/** Starts Google's emulator; resolves once it has said that it listens. */
export async function spawnEmulator(jar: string): Promise<ServerProcess> {
  const port = await findFreePort();
  const dataDir = mkdtempSync(join(tmpdir(), "google-emulator-"));
  const args = ["-jar", jar, "--host=localhost", `--port=${port}`, `--data-dir=${dataDir}`];
  const child = spawn("java", args, { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  child.once("exit", () => rmSync(dataDir, { recursive: true, force: true }));
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`Google's emulator ended with exit code ${code}`)));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (line.includes("Server started")) resolve();
      });
    }
  });
  return { process: child, port };
}

/** Ends a process with `signal` and waits until it is gone. */
export async function end({ process: child }: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}
