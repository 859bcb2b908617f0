import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findGoProgram, findPython, isMissing } from "../../../support/find-clients.ts";
import { runClient } from "../../../support/run-client.ts";
import { end, type ServerProcess, spawnPubSub } from "../processes.ts";

const python = findPython("google.cloud.pubsub_v1");
const goFolder = new URL("./go-client/", import.meta.url);
const go = findGoProgram(goFolder, "pubsub-client");

let dataDir: string;
let server: ServerProcess;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "segue-pubsub-"));
  server = await spawnPubSub(dataDir);
});
afterAll(async () => {
  await end(server, "SIGTERM");
  await rm(dataDir, { recursive: true });
});

const environment = () => ({ PUBSUB_EMULATOR_HOST: `127.0.0.1:${server.port}` });

test.skipIf(isMissing(python, "Google's Pub/Sub client for Python"))(
  "Python: ordered messages come in order, each once; a snapshot brings back what was acknowledged since",
  async () => {
    if ("missing" in python) return;
    const script = fileURLToPath(new URL("./python_client.py", import.meta.url));
    expect(await runClient(python.program, [script, "from-python"], environment())).toContain("ok");
  },
);

test.skipIf(isMissing(go, "Google's Pub/Sub client for Go"))(
  "Go: ordered messages come in order, each once",
  async () => {
    if ("missing" in go) return;
    expect(await runClient(go.program, ["from-go"], environment())).toContain("ok");
  },
);
