import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, migrate, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { type ArtifactRecord, trackObjectName } from "@segue/contracts";
import { startGcsServer } from "@segue/local-cloud";
import { recordName } from "@segue/step/runner";
import { createObjectStore } from "@segue/store";
import { describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { accepted, at, chain, failed, names, outcome, trackId } from "./fixtures/chain.ts";
import { rebuildFromStorage } from "./rebuild-from-storage.ts";
import { mergeFacts } from "./rows.ts";

const tracks = [
  accepted(1),
  accepted(2),
  accepted(3),
  accepted(4, { master: accepted(1).master, acceptedAt: at(100) }),
];
const outcomes = [
  ...chain.steps.map((step, i) => outcome(1, step.name, { sec: i + 1 })),
  outcome(2, "decode", failed()),
];

describe.each(testDatabases)("on an $name", { timeout: 180_000 }, (kind) => {
  test("what was projected from messages is projected again from storage", async () => {
    const dir = await mkdtemp(join(tmpdir(), "segue-rebuild-"));
    await using gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: dir });
    await using database = await kind.start();
    const pool = connect({
      connectionString: database.url,
      maxConnections: 2,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 5_000,
      applicationName: "test",
      onIdleError() {},
    });
    await migrate(pool);
    const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
    const bucket = names.bucket("records");
    await store.ensureBucket({ name: bucket, softDeleteRetentionSec: 0 });
    const write = (name: string, json: object) =>
      store.writeObject({ bucket, name, body: Buffer.from(JSON.stringify(json)), createOnly: true });
    for (const track of tracks) {
      await write(
        trackObjectName(createHash("sha256").update(track.trackId).digest("hex"), track.trackId),
        track,
      );
    }
    await write(trackObjectName("f".repeat(64), "no-id"), { no: "track" });
    for (const { address, kind, step, version, outcome, attempt } of outcomes) {
      const record: ArtifactRecord = {
        v: 1,
        address,
        kind,
        step: { name: step, version },
        inputs: {},
        outcome,
        attempt,
      };
      await write(recordName(address), record);
    }

    const projected = mergeFacts([...tracks.slice(0, 3).map(acceptedFacts), ...outcomes.map(outcomeFacts)]);
    await applyFacts(pool, chain, projected);
    const before = await Promise.all([1, 2, 3].map((n) => readTrack(pool, trackId(n))));
    await pool.query("truncate tracks, step_attempts, step_outcomes, artifacts");

    for (const batchTracks of [1, 3, 50]) {
      const counts = await rebuildFromStorage({ pool, store, names, chain, batchTracks });
      expect(counts).toEqual({ tracks: 4, outcomes: 11, unreadable: 1 });
      expect(await Promise.all([1, 2, 3].map((n) => readTrack(pool, trackId(n))))).toEqual(before);
      // It came when its results were there already.
      const later = await readTrack(pool, trackId(4));
      expect(later).toMatchObject({ state: "done", finishedAt: at(100) });
      expect(new Set(later?.outcomes.map((row) => row.how))).toEqual(new Set(["skipped"]));
    }
    await pool.end();
    await rm(dir, { recursive: true, force: true });
  });
});
