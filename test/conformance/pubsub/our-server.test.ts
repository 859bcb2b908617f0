// The suite over our server; google-emulator.slow.test.ts runs it over Google's emulator.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { cases, runCase } from "./all-cases.ts";
import { end, type ServerProcess, spawnPubSub } from "./processes.ts";

describe("our server", () => {
  let server: ServerProcess;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "segue-pubsub-"));
    server = await spawnPubSub(dataDir);
  });
  afterAll(async () => {
    await end(server, "SIGTERM");
    rmSync(dataDir, { recursive: true });
  });
  for (const one of cases) it.concurrent(one.name, () => runCase(one, server.port));
});
