import { setTimeout as delay } from "node:timers/promises";
import { createNames, deriveTopology, localNaming } from "@segue/chain";
import { type CloudEnv, projectFleetUrl, type RunningFleet } from "@segue/launcher";
import { loadFleet } from "@segue/step";
import { createRandom, type Random } from "@segue/synth";
import { pubsubOf } from "../support/cloud.ts";
import { findEmulator } from "../support/find-emulator.ts";
import { startGoogleEmulator } from "../support/google-emulator.ts";
import { openCatalog, waitForEnd } from "./catalog-state.ts";
import { checkFeed } from "./check-feed.ts";
import { type CloudProxies, replayAtRandom, troubleCloudAtRandom } from "./cloud-faults.ts";
import type { ChaosTrack } from "./corpus.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import { type Accepted, hangLimitMs, submit } from "./feed.ts";
import { type FeedReader, startFeedReader } from "./feed-reader.ts";
import type { Check, RunState } from "./invariants.ts";
import { countPreemptions, createLedger, type Ledger } from "./ledger.ts";
import { readWrittenIds } from "./object-state.ts";
import type { ChaosOptions } from "./options.ts";
import { createOwned, type Owned } from "./owned.ts";
import { preemptAtRandom } from "./preempt.ts";
import { createProcessWatch, type ProcessWatch } from "./process-watch.ts";
import { type ChaosFleet, findLeftovers, readRunState, startChaosFleet } from "./run-fleet.ts";
import { openTap, type Tap } from "./tap.ts";

type Submitted = Accepted & { readonly tries: number };

export interface Disturbed {
  readonly ledger: Ledger;
  readonly accepted: readonly Submitted[];
  /** Ids of accepted tracks that had not ended when waiting ended. */
  readonly lost: readonly string[];
  readonly state: RunState;
  /** What became of those who have followed the feed all the while. */
  readonly feedChecks: readonly Check[];
  readonly uncalled: ProcessWatch["uncalled"];
  readonly leftovers: readonly string[];
  readonly stormSec: number;
  /** From the last fault to the end of the last track. */
  readonly settleSec: number;
}

/** Tracks are submitted over this share of the time, the first few at once. */
const feedShare = 0.9;
const firstAtOnce = 8;
/** Some files are submitted twice at the same moment. */
const twiceShare = 0.1;
/** No message for so long: what was replayed last has been handled too. */
const quietMs = 3_000;
const quietLimitMs = 60_000;

/** Runs a fleet on a corpus under fault after fault, then waits for every track to end, looks, and stops it. */
export async function runDisturbed(
  options: ChaosOptions,
  dataDir: string,
  corpus: readonly ChaosTrack[],
  log: (line: string) => void,
): Promise<Disturbed> {
  const owned = createOwned(log);
  try {
    return await storm(owned, options, dataDir, corpus, log);
  } finally {
    await owned[Symbol.asyncDispose]();
  }
}

async function storm(
  owned: Owned,
  options: ChaosOptions,
  dataDir: string,
  corpus: readonly ChaosTrack[],
  log: (line: string) => void,
): Promise<Disturbed> {
  const ledger = createLedger();
  const watch = createProcessWatch();
  const { chaos, proxies, tap } = await startBehindProxies(owned, options, dataDir, watch);
  const startedAt = performance.now();
  const random = createRandom(options.seed).fork("faults");
  const reader = owned.add(await startFeedReader(chaos.fleet.apiUrl, random.fork("reader")), "a reader");
  const stormMs = options.minutes * 60_000;
  const fed = feed(chaos, corpus, stormMs * feedShare, random.fork("feed"));
  fed.catch(() => {});
  const storming = new AbortController();
  const shared = { fleet: chaos.fleet, proxies, watch, ledger, tap, signal: storming.signal };
  const faults = Promise.all([
    preemptAtRandom({ ...shared, random: random.fork("preemptions") }),
    troubleCloudAtRandom({ ...shared, random: random.fork("cloud") }),
    replayAtRandom({ ...shared, random: random.fork("replays") }),
  ]);
  const progress = setInterval(() => log(describeProgress(startedAt, ledger)), 30_000);
  await Promise.race([lasts(stormMs, options.preemptions, ledger), faults]);
  storming.abort();
  await faults;
  clearInterval(progress);
  const stormSec = (performance.now() - startedAt) / 1000;
  log("no more faults; waiting for every track to end");

  const settlingAt = performance.now();
  const accepted = await fed;
  const pool = openCatalog(chaos.cloud.DATABASE_URL);
  const ids = accepted.map(({ id }) => id);
  const lost = await waitForEnd(pool, ids, hangLimitMs);
  const settleSec = (performance.now() - settlingAt) / 1000;
  // Nobody else waits for these; the reconciler finds them after a minute.
  await waitForEnd(pool, await readWrittenIds(chaos.store), hangLimitMs);
  await pool.end();
  await waitForQuiet(tap);
  log(`${lost.length} of ${ids.length} tracks have not ended; looking at what is there`);
  const { state, feedChecks } = await readEnd(chaos, reader);
  log("stopping");
  await drainAll(chaos.fleet, watch, ledger);
  const leftovers = await findLeftovers(chaos);
  return {
    ledger,
    accepted,
    lost,
    state,
    feedChecks,
    uncalled: watch.uncalled,
    leftovers,
    stormSec,
    settleSec,
  };
}

async function readEnd(
  chaos: ChaosFleet,
  reader: FeedReader,
): Promise<Pick<Disturbed, "state" | "feedChecks">> {
  const feed = await reader.finish();
  const state = await readRunState(chaos);
  const attemptsOf = Map.groupBy(state.catalog.attempts, ({ track_id }) => track_id);
  const told = state.catalog.tracks.map((track) => ({ ...track, attempts: attemptsOf.get(track.id) ?? [] }));
  return { state, feedChecks: checkFeed(feed, reader, told) };
}

async function startBehindProxies(
  owned: Owned,
  options: ChaosOptions,
  dataDir: string,
  watch: ProcessWatch,
): Promise<{ chaos: ChaosFleet; proxies: CloudProxies; tap: Tap }> {
  const google = options.pubsub === "google" ? owned.add(await startEmulator()) : undefined;
  let proxies: CloudProxies | undefined;
  const chaos = await startChaosFleet({
    dataDir,
    replicas: options.replicas,
    placed: options.placed,
    ...(google ? { env: { PUBSUB_EMULATOR_HOST: google.host } } : {}),
    onProcess: watch.onProcess,
    async route(cloud) {
      proxies = await startProxies(cloud, owned);
      return routeThrough(cloud, proxies);
    },
  });
  owned.add(chaos.fleet, "the fleet");
  if (!proxies) throw new Error("expected the fleet to go through the proxies");
  const pubsub = pubsubOf(chaos.cloud);
  owned.add({ [Symbol.asyncDispose]: () => pubsub.close() }, "the queue's client");
  const { chain } = await loadFleet(projectFleetUrl);
  const tap = await openTap(pubsub, deriveTopology(chain, createNames(localNaming)).topics);
  owned.add(tap, "the tap");
  return { chaos, proxies, tap };
}

async function startEmulator() {
  const found = findEmulator();
  if ("missing" in found) throw new Error(`--pubsub google: ${found.missing}`);
  return startGoogleEmulator(found.jar);
}

async function startProxies(cloud: CloudEnv, owned: Owned): Promise<CloudProxies> {
  const before = async (address: string) => {
    const { hostname: host, port } = new URL(address);
    return owned.add(await startFaultProxy({ host, port: Number(port) }), `the proxy before ${address}`);
  };
  return {
    storage: await before(cloud.SEGUE_GCS_ENDPOINT),
    database: await before(cloud.DATABASE_URL),
    pubsub: await before(`tcp://${cloud.PUBSUB_EMULATOR_HOST}`),
  };
}

function routeThrough(cloud: CloudEnv, { storage, database, pubsub }: CloudProxies): Partial<CloudEnv> {
  const databaseUrl = new URL(cloud.DATABASE_URL);
  databaseUrl.port = String(database.port);
  return {
    SEGUE_GCS_ENDPOINT: `http://127.0.0.1:${storage.port}`,
    DATABASE_URL: databaseUrl.href,
    PUBSUB_EMULATOR_HOST: `127.0.0.1:${pubsub.port}`,
  };
}

/** Resolves after a time, and after so many preemptions. */
async function lasts(ms: number, preemptions: number, ledger: Ledger): Promise<void> {
  await delay(ms);
  while (countPreemptions(ledger) < preemptions) await delay(100);
}

/** Submits the files spread over a time, some of them twice at once. */
async function feed(
  { fleet }: ChaosFleet,
  corpus: readonly ChaosTrack[],
  overMs: number,
  random: Random,
): Promise<Submitted[]> {
  const startedAt = performance.now();
  const deadline = startedAt + overMs + hangLimitMs;
  const submitted = corpus.map(async (track, index) => {
    const times = random.fork(`track ${index}`).chance(twiceShare) ? 2 : 1;
    const dueAt = index < firstAtOnce ? 0 : (overMs * index) / corpus.length;
    await delay(Math.max(0, dueAt));
    return Promise.all(Array.from({ length: times }, () => submit(fleet.apiUrl, track, deadline)));
  });
  return (await Promise.all(submitted)).flat();
}

async function waitForQuiet(tap: Tap): Promise<void> {
  const deadline = performance.now() + quietLimitMs;
  while (performance.now() - tap.lastHeardAt() < quietMs && performance.now() < deadline) await delay(100);
}

/** The last drain of all, of every service at once, measured like the others. */
async function drainAll(fleet: RunningFleet, watch: ProcessWatch, ledger: Ledger): Promise<void> {
  const victims = fleet.processes().filter(({ role }) => role === "service");
  const stopping = fleet.stop();
  const at = performance.now();
  await Promise.all(
    victims.map(async ({ pid, service }) => {
      const wasReady = watch.seen(pid)?.readyAt !== undefined;
      watch.expectEnd(pid);
      const { endedAt, code = null } = await watch.ended(pid);
      ledger.drained(service, (endedAt ?? performance.now()) - at, code, wasReady);
    }),
  );
  for (const { pid } of fleet.processes()) watch.expectEnd(pid);
  await stopping;
}

function describeProgress(startedAt: number, ledger: Ledger): string {
  const faults = [...ledger.faults].map(([kind, { count }]) => `${count} ${kind}`);
  return `${Math.round((performance.now() - startedAt) / 1000)} s: ${faults.join(", ")}`;
}
