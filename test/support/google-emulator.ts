import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startCancellingProxy } from "./cancelling-proxy.ts";

/** The path of Google's Pub/Sub emulator where the gcloud SDK and Java are installed; else undefined. */
export async function findGoogleEmulator(): Promise<string | undefined> {
  if (spawnSync("java", ["-version"]).status !== 0) return undefined;
  const which = spawnSync("sh", ["-c", "command -v gcloud"], { encoding: "utf8" }).stdout.trim();
  const roots = [
    process.env.CLOUDSDK_ROOT_DIR,
    which && dirname(dirname(realpathSync(which))),
    "/usr/lib/google-cloud-sdk",
  ];
  for (const root of roots) {
    const folder = join(root || "/nonexistent", "platform", "pubsub-emulator", "lib");
    if (!existsSync(folder)) continue;
    const jar = readdirSync(folder).find((name) => /^cloud-pubsub-emulator-.*-all\.jar$/.test(name));
    if (jar) return join(folder, jar);
  }
  return undefined;
}

/** Starts the emulator, behind a proxy that ends the streams of workers that are killed: the emulator keeps them. */
export async function startGoogleEmulator(jar: string): Promise<AsyncDisposable & { readonly host: string }> {
  const port = await freePort();
  const dataDir = await mkdtemp(join(tmpdir(), "google-emulator-"));
  const args = ["-jar", jar, "--host=localhost", `--port=${port}`, `--data-dir=${dataDir}`];
  const child = spawn("java", args, { stdio: ["ignore", "pipe", "pipe"] });
  const started = new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer) => {
      if (chunk.includes("Server started")) resolve();
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", (code) => reject(new Error(`Google's emulator ended with exit code ${code}`)));
  });
  await started;
  const proxy = await startCancellingProxy({ host: "localhost", port });
  return {
    host: `localhost:${proxy.port}`,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
