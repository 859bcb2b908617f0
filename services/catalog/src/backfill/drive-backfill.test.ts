import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArtifacts } from "@segue/artifacts";
import { connect, migrate } from "@segue/catalog-db";
import { ArtifactReady } from "@segue/contracts";
import { startGcsServer, startPostgresServer } from "@segue/local-cloud";
import { createPublisher } from "@segue/queue";
import { createObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, backfillFacts } from "../facts-of.ts";
import { accepted, chain, names, trackId } from "../fixtures/chain.ts";
import { mergeFacts } from "../rows.ts";
import { createBackfillRows } from "./backfill-rows.ts";
import { driveBackfill } from "./drive-backfill.ts";

const backfillId = "01900000-0000-7000-8000-0000000000b1";

test("a track that waits long, and is announced again, is asked for the same forced work", async () => {
  const dir = await mkdtemp(join(tmpdir(), "segue-backfill-"));
  const gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: dir });
  const postgres = await startPostgresServer({ host: "127.0.0.1", port: 0, dataDir: null });
  const pool = connect({
    connectionString: postgres.url,
    maxConnections: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 20_000,
    applicationName: "test",
    onIdleError() {},
  });
  try {
    await migrate(pool);
    const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
    for (const role of ["masters", "records"] as const)
      await store.ensureBucket({ name: names.bucket(role), softDeleteRetentionSec: 0 });
    const body = Buffer.from("a master");
    const master = createHash("sha256").update(body).digest("hex");
    await store.writeObject({ bucket: names.bucket("masters"), name: master, body, createOnly: true });
    const request = {
      v: 1 as const,
      type: "BackfillRequested" as const,
      backfillId,
      targets: ["tempo"],
      force: ["tempo"],
      selection: { trackId: null, acceptedSince: null, state: null },
      inFlight: 10,
      requestedAt: new Date().toISOString(),
    };
    const tracks = [1, 2].map((n) => acceptedFacts(accepted(n, { master })));
    await applyFacts(pool, chain, mergeFacts([...tracks, backfillFacts(request)]));

    const rows = createBackfillRows(pool, chain);
    const announced: ArtifactReady[] = [];
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const publisher = createPublisher(
      async (_topic, { data }) => void announced.push(ArtifactReady.parse(JSON.parse(data.toString()))),
      chain,
    );
    const parts = {
      ...{ chain, store, names, log, pool, rows, quietMs: 1, uncounted: new Set<string>() },
      ...{ artifacts: createArtifacts(store, names), publisher },
    };
    const idsOf = (id: string) =>
      announced.flatMap(({ request: asked }) => (asked.trackId === id ? [asked.requestId] : []));
    await expect
      .poll(async () => {
        for (const backfill of await rows.claim("a-driver")) await driveBackfill(parts, backfill);
        return idsOf(trackId(1)).length;
      })
      .toBeGreaterThan(1);
    expect(new Set(idsOf(trackId(1))).size).toBe(1);
    expect(idsOf(trackId(1))[0]).toBeDefined();
    // Each counts its own outcomes.
    expect(idsOf(trackId(2))[0]).not.toBe(idsOf(trackId(1))[0]);
  } finally {
    await pool.end();
    await postgres.close();
    await gcs.close();
    await rm(dir, { recursive: true, force: true });
  }
});
