import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Bucket, Storage } from "@google-cloud/storage";
import { type GcsServer, type GcsServerOptions, startGcsServer } from "@segue/local-cloud";
import { afterAll } from "vitest";

// A test that fails before it ends its server must not leave it behind: it would hold the runner's own pipes open.
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** A server in this process, on a folder of its own, with Google's client and an empty bucket. */
export type ServerUnderTest = AsyncDisposable & {
  readonly server: GcsServer;
  readonly storage: Storage;
  readonly bucket: Bucket;
  readonly dataDir: string;
};

/** Google's own client, as a service sets it up. It does not retry: a test must see the first answer. */
export function createClient(url: string): Storage {
  return new Storage({
    projectId: "segue-test",
    apiEndpoint: url,
    retryOptions: { autoRetry: false },
  });
}

/** Starts a server on a fresh folder, which goes when the server is disposed of. */
export async function startServerUnderTest(
  options: Partial<GcsServerOptions> = {},
): Promise<ServerUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), "segue-gcs-"));
  const server = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir, ...options });
  const storage = createClient(server.url);
  const [bucket] = await storage.createBucket("tracks");
  return {
    server,
    storage,
    bucket,
    dataDir,
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Sends a request as it is, and reads the whole answer. */
export async function send(
  { server }: ServerUnderTest,
  method: string,
  path: string,
  init: RequestInit = {},
) {
  const response = await fetch(`${server.url}${path}`, { ...init, method });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

/** Files of uploads that are under way, or that were left behind. */
export function listIncoming(dataDir: string): Promise<string[]> {
  return readdir(join(dataDir, "incoming"));
}

/** How many bytes they have, together. */
export async function incomingBytes(dataDir: string): Promise<number> {
  const sizes = (await listIncoming(dataDir)).map(async (name) => {
    const { size } = await stat(join(dataDir, "incoming", name));
    return size;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** How many blobs are published. */
export async function countBlobs(dataDir: string): Promise<number> {
  const entries = await readdir(join(dataDir, "blobs"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

export type ServerProcess = { readonly child: ChildProcess; readonly port: number; readonly url: string };

/**
 * Starts the server as `npm start` does: a process of its own, which says when it accepts connections. `within` is a
 * command that ends by becoming the one that follows it, such as one that sets limits first.
 */
export async function startServerProcess(
  dataDir: string,
  port = 0,
  within: readonly string[] = [],
): Promise<ServerProcess> {
  const index = fileURLToPath(import.meta.resolve("@segue/local-cloud"));
  const main = ["--disable-warning=ExperimentalWarning", join(dirname(index), "gcs-main.ts")];
  const [command = process.execPath, ...args] = [...within, process.execPath, ...main];
  const child = spawn(command, args, {
    env: { ...process.env, SEGUE_DATA_DIR: dataDir, SEGUE_GCS_PORT: String(port), SEGUE_LOG_LEVEL: "warn" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const ready = JSON.parse(String(line));
  if (ready.ready !== "gcs") throw new Error(`expected a ready line, got ${line}`);
  return { child, port: ready.port, url: `http://127.0.0.1:${ready.port}` };
}
