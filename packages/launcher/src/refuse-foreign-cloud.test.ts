import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PubSub } from "@google-cloud/pubsub";
import { createNames, deriveTopology } from "@segue/chain";
import { ForeignEditionError } from "@segue/contracts";
import { startGcsServer, startPubSubServer } from "@segue/local-cloud";
import { createPubSub } from "@segue/queue";
import { loadFleet } from "@segue/step";
import { createObjectStore, type ObjectStore } from "@segue/store";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureTopology } from "./ensure-topology.ts";
import { projectFleetUrl } from "./project-fleet.ts";
import { refuseForeignCloud } from "./refuse-foreign-cloud.ts";

const host = "127.0.0.1";
let dir: string;
let queue: Awaited<ReturnType<typeof startPubSubServer>>;
let gcs: Awaited<ReturnType<typeof startGcsServer>>;
let pubsub: PubSub;
let store: ObjectStore;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-foreign-"));
  queue = await startPubSubServer({ host, port: 0, dataDir: null });
  gcs = await startGcsServer({ host, port: 0, dataDir: dir });
  pubsub = createPubSub("test", { apiEndpoint: `${host}:${queue.port}`, emulatorMode: true });
  store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
});
afterAll(async () => {
  await pubsub.close();
  await queue.close();
  await gcs.close();
  await rm(dir, { recursive: true, force: true });
});

async function topologyOf(prefix: string) {
  const { chain } = await loadFleet(projectFleetUrl);
  return deriveTopology(chain, createNames({ projectId: "test", prefix }));
}

test("topics and subscriptions of the first edition, which had no tasks, are refused in words", async () => {
  const { topics, subscriptions, buckets } = await topologyOf("first");
  const isTasks = (name: string) => name.includes(".tasks.");
  await ensureTopology(pubsub, store, {
    topics: topics.filter((name) => !isTasks(name)),
    subscriptions: subscriptions.filter(({ name }) => !isTasks(name)),
    buckets,
  });
  const refused = refuseForeignCloud(pubsub, store, createNames({ projectId: "test", prefix: "first" }));
  await expect(refused).rejects.toThrow(ForeignEditionError);
  await expect(refused).rejects.toThrow(
    /first\.tracks\.catalog, and without topics \S*first\.tasks\.\*, holds data of an earlier edition.+delete.+SEGUE_PREFIX/,
  );
});

test("a project with nothing of a fleet, a half-made one, and one of this edition are not refused", async () => {
  const look = () => refuseForeignCloud(pubsub, store, createNames({ projectId: "test", prefix: "ours" }));
  const topology = await topologyOf("ours");
  await look();
  // Topics come first: of a start that was cut short, some are there, and no subscription.
  await pubsub.createTopic(topology.topics[0] ?? "");
  await look();
  await ensureTopology(pubsub, store, topology);
  await look();
});
