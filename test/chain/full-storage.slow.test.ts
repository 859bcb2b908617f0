// Storage whose disk is full: the API says so, accepts nothing by halves, and goes on when there is room.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNames, deriveTopology } from "@segue/chain";
import { Problem, TrackReceipt } from "@segue/contracts";
import { ingest } from "@segue/ingest";
import { startPubSubServer } from "@segue/local-cloud";
import { findFreePort } from "@segue/local-cloud/free-port";
import { createPubSub } from "@segue/queue";
import { createObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { expect, onTestFinished, test } from "vitest";
import project from "../../segue.config.ts";
import { startServerProcess } from "../conformance/gcs/gcs-under-test.ts";

const host = "127.0.0.1";
const mount = 'mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@"';
const mayMount = spawnSync("unshare", ["-m", "sh", "-c", mount, tmpdir(), "true"]).status === 0;
if (!mayMount) console.warn("SKIPPED: what the API says of a full disk: no right to mount one");

test.runIf(mayMount)("a track that storage has no room for is refused whole, with 507", async () => {
  const dir = await mkdtemp(join(tmpdir(), "segue-full-"));
  const gcs = await startServerProcess(dir, 0, ["unshare", "-m", "sh", "-c", mount, dir]);
  const queue = await startPubSubServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${queue.port}`, emulatorMode: true });
  const { chain } = project;
  const names = createNames({ projectId: "test", prefix: "test" });
  const topology = deriveTopology(chain, names);
  const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url, requestTimeoutMs: 2_000 });
  for (const { name } of topology.buckets) await store.ensureBucket({ name, softDeleteRetentionSec: 0 });
  for (const topic of topology.topics) await pubsub.createTopic(topic);
  const { log, meter } = createTelemetry({ service: "test", level: "silent" });
  const port = await findFreePort();
  const env = { DATABASE_URL: "postgres://127.0.0.1:1/none", SEGUE_API_PORT: String(port) };
  const api = await ingest.start({ chain, names, store, pubsub, log, meter, env });
  onTestFinished(async () => {
    await api.drain();
    await pubsub.close();
    await queue.close();
    const died = once(gcs.child, "exit");
    gcs.child.kill("SIGKILL");
    await died;
    await rm(dir, { recursive: true, force: true });
  });
  const url = `http://${host}:${port}/v1/tracks`;
  const form = (bytes: Buffer) => {
    const body = new FormData();
    body.set("file", new Blob([new Uint8Array(bytes)]), "a.wav");
    return body;
  };
  const headers = { "content-type": "audio/wav" };
  const sends = [
    (bytes: Buffer) => fetch(url, { method: "POST", body: new Uint8Array(bytes), headers }),
    (bytes: Buffer) => fetch(url, { method: "POST", body: form(bytes) }),
  ];
  for (const send of sends) {
    const refused = await send(Buffer.alloc(40_000_000, 1));
    expect(Problem.parse(await refused.json())).toMatchObject({ status: 507, code: "storage-full" });
    expect(refused.headers.get("retry-after")).not.toBeNull();
    for (const role of ["masters", "scratch", "records"] as const)
      for await (const { name } of store.walkObjects({ bucket: names.bucket(role), prefix: "" }))
        expect.unreachable(`${role} holds ${name}`);
  }
  const accepted = await sends[0]?.(Buffer.from("there is room for this"));
  expect(accepted?.status).toBe(202);
  TrackReceipt.parse(await accepted?.json());
});
