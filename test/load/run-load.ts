import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabases } from "@segue/catalog-db/testing";
import { type ApiClient, createApiClient } from "@segue/client";
import { projectFleetUrl, type RunningFleet, startFleet } from "@segue/launcher";
import { createRandom, type Random } from "@segue/synth";
import { startFaultProxy } from "../chaos/fault-proxy.ts";
import { startFeedReader } from "../chaos/feed-reader.ts";
import type { Check } from "../chaos/invariants.ts";
import { createOwned, type Owned } from "../chaos/owned.ts";
import { createProcessWatch } from "../chaos/process-watch.ts";
import { type Ends, endApi } from "./end-api.ts";
import { lookAtEnd, openEnd, waitForLast } from "./look-at-end.ts";
import type { LoadOptions } from "./options.ts";
import { type PlannedPost, planPosts } from "./plan-posts.ts";
import { type Sent, sendPosts } from "./send-posts.ts";
import { createTally, type Tally } from "./tally.ts";

export interface LoadResult {
  readonly options: LoadOptions;
  /** Nothing disturbed. */
  readonly calm: Tally;
  /** Connections cut, and the API's process ended again and again. */
  readonly storm: Tally;
  readonly ends: Ends;
  /** From the first post to the end of the last track. */
  readonly wholeSec: number;
  readonly checks: readonly Check[];
}

/** Of all posts, those that nothing disturbs. */
const calmShare = 0.2;
const connectionsOfOne = 8;
/** A connection is reset once so many bytes have passed, at most: some 30 requests, wherever in one of them that is. */
const cutAfterBytes = 100_000;

/** Sends a fleet more than it can take at once, disturbs it, and looks whether anything was lost or doubled. */
export async function runLoad(options: LoadOptions, log: (line: string) => void): Promise<LoadResult> {
  const workDir = await mkdtemp(join(tmpdir(), "segue-load-"));
  const owned = createOwned(log);
  try {
    return await load(owned, options, workDir, log);
  } finally {
    await owned[Symbol.asyncDispose]();
    if (options.keep) log(`kept: ${workDir}`);
    else await rm(workDir, { recursive: true, force: true });
  }
}

async function load(
  owned: Owned,
  options: LoadOptions,
  workDir: string,
  log: (line: string) => void,
): Promise<LoadResult> {
  const random = createRandom(options.seed);
  const watch = createProcessWatch();
  const fleet = await startLoaded(owned, options, workDir, watch.onProcess);
  const reader = owned.add(await startFeedReader(fleet.apiUrl, random.fork("reader")), "a reader");
  const startedAt = performance.now();
  const posts = planPosts(options.posts, random.fork("posts"));
  const calmCount = Math.floor(calmShare * posts.length);
  const calm = createTally();
  const storm = createTally();
  const progress = setInterval(() => log(describeProgress(calm, storm, startedAt)), 30_000);
  const shared = { owned, options, random };
  const calmSent = await sendAll(posts.slice(0, calmCount), {
    ...shared,
    clients: Math.ceil(options.clients / 4),
    apiUrl: fleet.apiUrl,
    tally: calm,
    onAccepted() {},
  });
  const cutting = await startCutting(owned, fleet, random.fork("cuts"));
  const ending = endApi({ fleet, watch, kills: options.kills, posts: posts.length - calmCount });
  const stormSent = await sendAll(posts.slice(calmCount), {
    ...shared,
    clients: options.clients,
    apiUrl: cutting.apiUrl,
    tally: storm,
    onAccepted: ending.onAccepted,
  });
  const ends = await ending.ended();
  clearInterval(progress);
  log(`all is accepted: ${describeProgress(calm, storm, startedAt)}; waiting for every track to end`);
  const pool = openEnd(fleet.env.DATABASE_URL ?? "");
  owned.add({ [Symbol.asyncDispose]: () => pool.end() }, "the database's client");
  await waitForLast(pool, options.posts, log);
  const wholeSec = (performance.now() - startedAt) / 1000;
  log("looking at what is there");
  const sent: readonly Sent[] = [...calmSent, ...stormSent];
  const checks = await lookAtEnd({ fleet, pool, reader, sent });
  return { options, calm, storm, ends, wholeSec, checks };
}

async function startLoaded(
  owned: Owned,
  options: LoadOptions,
  workDir: string,
  onProcess: Parameters<typeof startFleet>[0]["onProcess"],
): Promise<RunningFleet> {
  const env: Record<string, string> = { SEGUE_LOG_LEVEL: "warn" };
  if (options.database === "server") {
    const kind = testDatabases.find(({ name }) => name.includes("server"));
    if (!kind) throw new Error("--database server: expected a Postgres server to be installed");
    env.DATABASE_URL = owned.add(await kind.start(), "the database").url;
  }
  const fleetUrl =
    options.fleet === "project"
      ? projectFleetUrl
      : new URL("./fixtures/weigh.config.ts", import.meta.url).href;
  const fleet = await startFleet({
    dataDir: join(workDir, "data"),
    apiPort: 0,
    fleetUrl,
    env,
    ...(onProcess ? { onProcess } : {}),
  });
  return owned.add(fleet, "the fleet");
}

interface Sender {
  readonly owned: Owned;
  readonly options: LoadOptions;
  readonly random: Random;
  readonly clients: number;
  readonly apiUrl: string;
  readonly tally: Tally;
  onAccepted(): void;
}

async function sendAll(posts: readonly PlannedPost[], sender: Sender): Promise<Sent[]> {
  const { owned, options, random, clients, apiUrl, tally, onAccepted } = sender;
  // Some send two at a time: as many again.
  const count = Math.ceil((2 * clients) / connectionsOfOne);
  const apis = Array.from({ length: count }, (): ApiClient => {
    return owned.add(createApiClient(apiUrl), "a client");
  });
  return sendPosts(posts, clients, {
    apis,
    random: random.fork("clients"),
    tally,
    targets: options.fleet === "project" ? ["loudness"] : undefined,
    total: options.posts,
    onAccepted,
  });
}

/** Something between clients and the API that resets connections: within a request, after it, within its answer. */
async function startCutting(owned: Owned, fleet: RunningFleet, random: Random): Promise<{ apiUrl: string }> {
  const { hostname: host, port } = new URL(fleet.apiUrl);
  const proxy = owned.add(await startFaultProxy({ host, port: Number(port) }), "the proxy");
  proxy.set({ kind: "cut", afterBytes: () => 1 + random.below(cutAfterBytes) });
  return { apiUrl: `http://127.0.0.1:${proxy.port}` };
}

function describeProgress(calm: Tally, storm: Tally, startedAt: number): string {
  const sec = (performance.now() - startedAt) / 1000;
  return `${Math.round(sec)} s: ${calm.accepted} and ${storm.accepted} answers of 202`;
}
