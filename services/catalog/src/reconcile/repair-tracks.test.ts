import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArtifacts, createCheckpoints, createHolds } from "@segue/artifacts";
import { readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { lowestTrackId } from "@segue/contracts";
import { startGcsServer } from "@segue/local-cloud";
import type { NewTask, Publisher } from "@segue/queue";
import { createObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts } from "../facts-of.ts";
import { accepted, chain, names } from "../fixtures/chain.ts";
import { startTestPool } from "../fixtures/test-pool.ts";
import { createProgress } from "./progress.ts";
import { repairTracks } from "./repair-tracks.ts";
import { createWalk } from "./walk.ts";
import { createWatches } from "./watches.ts";

const quietMs = 60_000;
const database = { maxConnections: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 20_000 };

test.each(testDatabases)(
  "what the queue did not take was not sent: an outage makes no track stuck, on an $name",
  async (kind) => {
    const dir = await mkdtemp(join(tmpdir(), "segue-tracks-"));
    const gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: dir });
    const started = await startTestPool(kind, database);
    const { pool } = started;
    const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
    for (const role of ["masters", "scratch"] as const)
      await store.ensureBucket({ name: names.bucket(role), softDeleteRetentionSec: 0 });
    const at = new Date(Date.now() - 10 * quietMs);
    const track = accepted(1, { trackId: lowestTrackId(at), acceptedAt: at.toISOString() });
    const body = Buffer.from("sound");
    const master = { bucket: names.bucket("masters"), name: track.master };
    await store.writeObject({ ...master, body, createOnly: true });
    await applyFacts(pool, chain, acceptedFacts(track));

    let nowMs = Date.now();
    const tasks: NewTask[] = [];
    let isAway = true;
    const task = async (sent: NewTask) => {
      if (isAway) throw new Error("the queue is away");
      tasks.push(sent);
    };
    const options = {
      ...{ chain, quietMs, everyMs: 1_000, maxAnnouncements: 2, onEvent() {} },
      log: createTelemetry({ service: "catalog", level: "silent" }).log,
      watches: createWatches(pool),
      artifacts: createArtifacts(store, names),
      checkpoints: createCheckpoints(store, names),
      holds: createHolds(store, names),
      progress: createProgress(() => nowMs),
      publisher: { task } as Publisher,
      now: () => new Date(nowMs),
    };
    const walk = createWalk(2 * quietMs);
    const look = async () => {
      nowMs += 100 * quietMs;
      await repairTracks(options, walk);
    };
    const stuck = async () => (await readTrack(pool, track.trackId))?.stuck;
    for (let times = 0; times < 5; times++) await expect(look()).rejects.toThrow("the queue is away");
    expect(await stuck()).toBeNull();
    isAway = false;
    for (let times = 0; times < 5; times++) await look();
    expect(tasks).toHaveLength(2);
    expect(await stuck()).toContain("announced again 2 times");

    await started[Symbol.asyncDispose]();
    await gcs.close();
    await rm(dir, { recursive: true, force: true });
  },
  300_000,
);
