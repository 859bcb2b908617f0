// `npm run bench make -- --database URL [--tracks N] [--in-flight N]`: a backfill over a catalog of synthetic tracks (rows and addresses, no
// audio; 2 % lack something) on an empty Postgres; how fast the catalog goes through it, and whether its memory grows. A
// catalog that was filled before is used as it is. Needs Linux's /proc.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openMigrated } from "@segue/catalog-db/testing";
import { createApiClient } from "@segue/client";
import type { BackfillResource } from "@segue/contracts";
import { projectFleetUrl, startFleet } from "@segue/launcher";
import { loadFleet } from "@segue/step";
import { fitLine } from "../../test/soak/fit-line.ts";
import { patient } from "../patient.ts";
import { fillCatalog } from "../plan/fill-catalog.ts";

const { values } = parseArgs({
  options: {
    database: { type: "string" },
    tracks: { type: "string", default: "1000000" },
    "in-flight": { type: "string", default: "256" },
  },
});
const database = values.database;
if (!database) throw new Error("expected --database URL, an empty Postgres or one that this has filled");
const everyMs = 5_000;

await fillUnlessFilled(database);
const dataDir = mkdtempSync(join(tmpdir(), "segue-bench-make-"));
const fleet = await startFleet({ dataDir, apiPort: 0, env: { DATABASE_URL: database } });
const api = createApiClient(fleet.apiUrl);
try {
  const { id } = await api.requestBackfill({ inFlight: Number(values["in-flight"]) });
  const startedAt = performance.now();
  const samples: { tracks: number; mib: number }[] = [];
  for (let isOver = false; !isOver; ) {
    await delay(everyMs);
    const backfill = await api.readBackfill(id);
    if (!backfill) continue;
    const { state, tracks } = backfill;
    const over = tracks.complete + tracks.succeeded + tracks.failed;
    samples.push({ tracks: over, mib: residentMiB() });
    console.error(`${over} of ${tracks.total}: ${samples.at(-1)?.mib.toFixed(0)} MiB`);
    isOver = state === "done";
    if (isOver) console.log(describe(tracks, (performance.now() - startedAt) / 1000));
  }
  // What it grows to in the beginning is its size.
  const settled = samples.slice(Math.ceil(samples.length / 4));
  const { slope, slopeMargin } = fitLine(
    settled.map(({ tracks, mib }) => ({ x: tracks / 1e5, y: mib * 1024 })),
  );
  console.log(
    `the catalog's memory: ${Math.max(...samples.map(({ mib }) => mib)).toFixed(0)} MiB at most; ` +
      `${slope.toFixed(0)} KiB per 100,000 tracks (95 %: ${(slope - slopeMargin).toFixed(0)} to ${(slope + slopeMargin).toFixed(0)})`,
  );
} finally {
  await api[Symbol.asyncDispose]();
  await fleet.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

function describe({ total, complete, succeeded, failed }: BackfillResource["tracks"], sec: number): string {
  return (
    `${total} tracks in ${sec.toFixed(0)} s (${((total ?? 0) / sec).toFixed(0)} per second): ` +
    `${complete} complete, ${succeeded} made, ${failed} failed: they have no audio`
  );
}

async function fillUnlessFilled(connectionString: string): Promise<void> {
  const pool = await openMigrated(connectionString, patient);
  const { rows } = await pool.query("select exists (select from tracks) as filled");
  const { chain } = await loadFleet(projectFleetUrl);
  if (!rows[0].filled) await fillCatalog(pool, chain, Number(values.tracks), 100);
  await pool.query("delete from backfills");
  await pool.end();
}

function residentMiB(): number {
  const pid = fleet.processes().find(({ name }) => name === "catalog")?.pid;
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}
