import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";

const PUBSUB_MAIN = join(import.meta.dirname, "../../../packages/local-cloud/src/pubsub-main.ts");

// A test that fails before it ends its server must not leave it behind: it would hold the runner's own pipes open.
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** A server process and the port it listens on. */
export type ServerProcess = { readonly process: ChildProcess; readonly port: number };

/** Starts our server as a process of its own; resolves once it has said that it is ready. */
export async function spawnPubSub(dataDir: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PUBSUB_MAIN], {
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return address.port;
}

/** Starts Google's emulator; resolves once it has said that it listens. */
export async function spawnEmulator(jar: string): Promise<ServerProcess> {
  const port = await freePort();
  const child = spawn("java", ["-jar", jar, "--host=localhost", `--port=${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the emulator exited with ${code}`)));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (line.includes("Server started, listening on")) resolve();
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
