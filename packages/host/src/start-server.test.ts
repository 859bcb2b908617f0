import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNames } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, describeStep, Master, stepObjectName } from "@segue/contracts";
import { startGcsServer } from "@segue/local-cloud";
import { createPubSub } from "@segue/queue";
import { textFleet as fleet } from "@segue/runner/testing";
import { defineServer } from "@segue/step";
import { createObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { z } from "zod";
import { startServer } from "./start-server.ts";

const names = createNames({ projectId: "test", prefix: "test" });
const Plugged = defineKind({ name: "plugged", retention: "derivative", payload: null, facts: z.unknown() });
const plugged = stepSpec("plugged-in", [Master], Plugged);

function contextOf(apiEndpoint: string) {
  const { log, meter } = createTelemetry({ service: "test", level: "silent" });
  const store = createObjectStore({ projectId: "test", apiEndpoint });
  const pubsub = createPubSub("test", { apiEndpoint: "127.0.0.1:1", emulatorMode: true });
  return { chain: fleet.chain, names, pubsub, store, log, meter, env: {} };
}

/** Notes which targets it knows when it starts. */
function createNote() {
  const seen: string[][] = [];
  const server = defineServer({
    name: "note",
    async start({ chain }) {
      seen.push([...chain.targets]);
      return { notReady: () => undefined, drain: async () => {} };
    },
  });
  return { seen, server };
}

test("a server that starts again knows what is registered before it takes its first request", async () => {
  const dir = await mkdtemp(join(tmpdir(), "segue-server-"));
  const gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: dir });
  const context = contextOf(gcs.url);
  const bucket = names.bucket("records");
  await context.store.ensureBucket({ name: bucket, softDeleteRetentionSec: 0 });
  const body = Buffer.from(JSON.stringify(describeStep(plugged)));
  await context.store.writeObject({ bucket, name: stepObjectName(plugged.name), body, createOnly: true });
  const { seen, server } = createNote();
  // However busy the machine is.
  const running = await startServer(server, context, { pollMs: 60_000, firstLookMs: 300_000 });
  expect(seen).toEqual([[...fleet.chain.targets, "plugged"]]);
  await running.drain();
  await gcs.close();
  await rm(dir, { recursive: true, force: true });
});

test("storage that never answers lets a server start, and stop at once, with the steps of its code", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const { seen, server } = createNote();
  const running = await startServer(server, contextOf(`http://127.0.0.1:${port}`), { pollMs: 60_000 });
  expect(seen).toEqual([[...fleet.chain.targets]]);
  const drainedAt = performance.now();
  await running.drain();
  // The store itself waits 15 s for an answer.
  expect(performance.now() - drainedAt).toBeLessThan(15_000);
  silent.closeAllConnections();
  silent.close();
});
