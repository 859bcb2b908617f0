import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordName } from "@segue/artifacts";
import { connect, migrate, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { type ArtifactRecord, replayObjectName, trackObjectName } from "@segue/contracts";
import { startGcsServer } from "@segue/local-cloud";
import { createObjectStore } from "@segue/store";
import { describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts, replayFacts } from "./facts-of.ts";
import { accepted, at, chain, failed, names, outcome, replayed, trackId } from "./fixtures/chain.ts";
import { rebuildFromStorage } from "./rebuild-from-storage.ts";
import { mergeFacts } from "./rows.ts";

const tracks = [
  accepted(1),
  accepted(2),
  accepted(3),
  accepted(4, { master: accepted(1).master, acceptedAt: at(100) }),
];
/** A fleet whose tempo has come on since. */
const raised = createChain(
  chain.steps.map((step) => (step.name === "tempo" ? { ...step, version: 2 } : step)),
);
const raisedAddress = raised.addressesFor(accepted(1).master).get("tempo") ?? "";
const upgrade = outcome(1, "tempo", { sec: 50, version: 2, address: raisedAddress, ...failed() });
const forced = outcome(1, "key", { sec: 60 });
const outcomes = [
  ...chain.steps.map((step, i) => outcome(1, step.name, { sec: i + 1 })),
  outcome(2, "decode", failed()),
  upgrade,
  forced,
];
const replays = [replayed(1, ["key"], 58), replayed(1, ["encode"], 70)];
/** What storage has of them: a forced attempt has replaced the record, which remembers the first. */
const records = outcomes
  .filter(({ address }, index) => outcomes.findLastIndex((other) => other.address === address) === index)
  .map(({ address, kind, step, version, outcome, attempt, master }): ArtifactRecord => {
    const first = outcomes.find((other) => other.address === address)?.attempt;
    const inputs = Object.values(chain.step(step).consumes).map((input) => [
      input.name,
      chain.addressesFor(master).get(input.name) ?? "",
    ]);
    return {
      v: 1,
      address,
      kind,
      step: { name: step, version },
      inputs: Object.fromEntries(inputs),
      outcome,
      attempt,
      ...(first === attempt ? {} : { firstAttempt: first }),
    };
  });

describe.each(testDatabases)("on an $name", (kind) => {
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
    for (const record of records) await write(recordName(record.address), record);
    for (const replay of replays) {
      const digest = createHash("sha256").update(replay.trackId).digest("hex");
      await write(replayObjectName(digest, replay.trackId, replay.requestedAt), replay);
    }

    const projected = mergeFacts([
      ...tracks.slice(0, 3).map(acceptedFacts),
      ...outcomes.map(outcomeFacts),
      ...replays.map(replayFacts),
    ]);
    await applyFacts(pool, raised, projected);
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "done", finishedAt: at(5) });
    const before = await Promise.all([1, 2, 3].map((n) => readTrack(pool, trackId(n))));
    expect(before[0]?.outcomes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ step: "tempo", version: 1, failedUpgrade: expect.anything() }),
        expect.objectContaining({ step: "encode", recomputing: expect.anything() }),
        expect.objectContaining({ step: "key", recomputing: null, failedUpgrade: null }),
      ]),
    );
    await pool.query("truncate tracks, step_attempts, step_outcomes, artifacts, replays");

    for (const batchTracks of [1, 3, 50]) {
      const options = { pool, store, names, chain: raised, batchTracks, replaysSince: new Date(at(0)) };
      expect(await rebuildFromStorage(options)).toMatchObject({ tracks: 4, unreadable: 1 });
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
