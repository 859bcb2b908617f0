// One side of `npm run bench beside`, in its own tree and on that tree's code: does what it is told over IPC, one thing at a time, and says what
// it took. It begins nothing by itself, so that while one side is at work the other is idle.
import { createReadStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect, migrate, type Pool } from "@segue/catalog-db";
import { type TestDatabase, testDatabases } from "@segue/catalog-db/testing";
import { type ApiClient, createApiClient, whenEnded } from "@segue/client";
import { projectFleetUrl, type RunningFleet, startFleet } from "@segue/launcher";
import { planCatalog } from "@segue/plan";
import { loadFleet } from "@segue/step";
import { measureTrack } from "../chain/measure-fleet.ts";
import { fillCatalog } from "../plan/fill-catalog.ts";
import type { Answer, Measured, Order } from "./figures.ts";

const pollMs = 50;
/** Of so many tracks of a catalog one lacks something. */
const period = 100;
const sec = (ms: number) => ms / 1_000;

interface Open {
  readonly fleet: RunningFleet;
  readonly catalog?: { readonly pool: Pool; readonly database: TestDatabase };
  readonly dataDir: string;
}

let open: Open | undefined;
const opened = (): Open => {
  if (open) return open;
  throw new Error("expected a fleet to be open");
};

process.on("message", (order: Order) => {
  const answer = (said: Answer) => void process.send?.(said);
  obey(order).then(
    (measured) => answer({ measured }),
    (error: Error) => answer({ error: error.stack ?? String(error) }),
  );
});
process.on("disconnect", () => void close().finally(() => process.exit()));

async function obey(order: Order): Promise<Measured> {
  switch (order.do) {
    case "open-fleet":
      return await openFleet({});
    case "open-catalog":
      return await openCatalog(order.tracks);
    case "warm-up":
    case "chain":
      return await runTrack(order);
    case "overtake":
      return await overtake(order);
    case "mix":
      return await runMix(order.path);
    case "plan":
      return await plan();
    case "make":
      return await make();
    case "close":
      return await close();
  }
}

async function openFleet(
  env: Readonly<Record<string, string>>,
  catalog?: Open["catalog"],
): Promise<Measured> {
  const dataDir = mkdtempSync(join(tmpdir(), "segue-beside-"));
  open = { fleet: await startFleet({ dataDir, apiPort: 0, env }), dataDir, ...(catalog ? { catalog } : {}) };
  return {};
}

async function close(): Promise<Measured> {
  if (!open) return {};
  const { fleet, catalog, dataDir } = open;
  open = undefined;
  await fleet.stop();
  await catalog?.pool.end();
  await catalog?.database[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
  return {};
}

async function runTrack({ path, fileName }: { path: string; fileName: string }): Promise<Measured> {
  const master = { path, fileName, sizeBytes: statSync(path).size };
  const { cpuByProcess, ownLatencyMs } = await measureTrack(opened().fleet, master, pollMs);
  const cpuMs = [...cpuByProcess.values()].reduce((sum, ms) => sum + ms, 0);
  return {
    "chain-cpu": sec(cpuMs),
    ...(ownLatencyMs === null ? {} : { "chain-latency": sec(ownLatencyMs) }),
  };
}

/** All that there is made anew, which is the most that a backfill can ask; and a track that comes when half of it is under way. */
async function overtake(track: { path: string; fileName: string }): Promise<Measured> {
  const { chain } = await loadFleet(projectFleetUrl);
  return await withApi(async (api) => {
    const { id } = await api.requestBackfill({ force: chain.steps.map(({ name }) => name), inFlight: 32 });
    await until(async () => {
      const tracks = (await api.readBackfill(id))?.tracks;
      return (tracks?.underWay ?? 0) >= Math.max(1, (tracks?.total ?? 0) / 2);
    });
    const { "chain-latency": latency } = await runTrack(track);
    if ((await api.readBackfill(id))?.state !== "running")
      throw new Error("the backfill was over before the track was: expected more --old tracks");
    await until(async () => (await api.readBackfill(id))?.state === "done");
    return latency === undefined ? {} : { overtake: latency };
  });
}

/** Of one that is more than a piece's work for most steps. */
async function runMix(path: string): Promise<Measured> {
  return await withApi(async (api) => {
    const { id } = await api.postUpload({ body: createReadStream(path), sizeBytes: statSync(path).size });
    const track = await whenEnded(api, id, { pollMs: 10 * pollMs });
    if (track.state !== "done" || track.latencyMs === null) throw new Error(`${id}: ${track.summary}`);
    return { mix: sec(track.latencyMs) };
  });
}

async function openCatalog(tracks: number): Promise<Measured> {
  const kind = testDatabases.findLast(({ missing }) => missing === undefined);
  if (!kind) throw new Error("expected a Postgres, embedded or a server");
  const database = await kind.start();
  const pool = connect({
    connectionString: database.url,
    maxConnections: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 3_600_000,
    applicationName: "segue-bench",
    onIdleError: () => {},
  });
  await migrate(pool);
  const { chain } = await loadFleet(projectFleetUrl);
  await fillCatalog(pool, chain, tracks, period);
  return await openFleet({ DATABASE_URL: database.url }, { pool, database });
}

async function plan(): Promise<Measured> {
  const { catalog } = opened();
  if (!catalog) throw new Error("expected a catalog to be open");
  const { chain } = await loadFleet(projectFleetUrl);
  const startedAt = performance.now();
  await planCatalog(catalog.pool, chain);
  return { plan: sec(performance.now() - startedAt) };
}

async function make(): Promise<Measured> {
  return await withApi(async (api) => {
    const startedAt = performance.now();
    const { id } = await api.requestBackfill({ inFlight: 256 });
    await until(async () => (await api.readBackfill(id))?.state === "done");
    return { make: sec(performance.now() - startedAt) };
  });
}

async function withApi<T>(use: (api: ApiClient) => Promise<T>): Promise<T> {
  const api = createApiClient(opened().fleet.apiUrl);
  return await use(api).finally(() => api[Symbol.asyncDispose]());
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(pollMs);
}
