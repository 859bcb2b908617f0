// A whole fleet of real processes on a fresh data folder, and the API as a client sees it.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createApiClient, NoAnswer, type Upload, whenEnded } from "@segue/client";
import type {
  BackfillResource,
  ReplayRequest,
  TrackHistory,
  TrackReceipt,
  TrackResource,
  TrackSummary,
} from "@segue/contracts";
import { type FleetOptions, type RunningFleet, startFleet } from "@segue/launcher";

/** Catches hangs only: a loaded machine may take its time. Less than a test may take, so that what hangs is told. */
const hangMs = 300_000;
const pollMs = 100;

export interface FleetUnderTest extends AsyncDisposable {
  readonly dataDir: string;
  readonly fleet: RunningFleet;
  readonly client: Client;
  /** Ends every process at once, as a power cut would, and starts the fleet again on the same folder. */
  killAndRestart(): Promise<void>;
  /** Stops it as a platform would, work in hand or not, and starts it again on the same folder. @param env in place of what was given. */
  restart(env?: FleetOptions["env"]): Promise<void>;
}

/** Where the fleet has an admin's key, that is the client's, too. */
export async function startFleetUnderTest(options: Partial<FleetOptions> = {}): Promise<FleetUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), "segue-fleet-"));
  let { env } = options;
  let fleet = await startFleet({ ...options, dataDir, apiPort: 0 });
  const connect = () => createClient(fleet.apiUrl, env?.SEGUE_ADMIN_KEY);
  let client = connect();
  const startAgain = async () => {
    await client.api[Symbol.asyncDispose]();
    fleet = await startFleet({ ...options, ...(env ? { env } : {}), dataDir, apiPort: 0 });
    client = connect();
  };
  return {
    dataDir,
    get fleet() {
      return fleet;
    },
    get client() {
      return client;
    },
    async killAndRestart() {
      await fleet.kill();
      await startAgain();
    },
    async restart(changed = env) {
      env = changed;
      await fleet.stop();
      await startAgain();
    },
    async [Symbol.asyncDispose]() {
      await client.api[Symbol.asyncDispose]();
      await fleet.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type Client = ReturnType<typeof createClient>;

/** @param apiKey for an API that asks for keys; `get` goes without. */
export function createClient(apiUrl: string, apiKey?: string) {
  const api = createApiClient(apiUrl, { apiKey });
  const found = <T>(id: string, resource: T | undefined): T => {
    if (resource === undefined) throw new Error(`the API knows no track ${id}`);
    return resource;
  };
  return {
    api,
    /** An answer as it comes, with its status and headers. */
    get: (path: string, init?: RequestInit) => fetch(new URL(path, apiUrl), init),
    async post(body: Uint8Array, details: Omit<Upload, "body"> = {}): Promise<TrackReceipt> {
      const submission = { idempotencyKey: randomUUID() };
      const send = () => api.postUpload({ ...details, body }, submission);
      // What a client does whose connection was lost: the key makes the second request the first one.
      return send().catch((error: unknown) => {
        if (error instanceof NoAnswer) return send();
        throw error;
      });
    },
    track: async (id: string) => found(id, await api.readTrack(id)),
    replay: async (id: string, request: ReplayRequest) => found(id, await api.replay(id, request)),
    /** Waits until a track's history is as expected. */
    async history(id: string, isComplete: (history: TrackHistory) => boolean): Promise<TrackHistory> {
      const deadline = Date.now() + hangMs;
      for (;;) {
        const history = found(id, await api.readHistory(id));
        if (isComplete(history)) return history;
        if (Date.now() > deadline) throw new Error(`${id} hangs: ${JSON.stringify(history, null, 1)}`);
        await delay(pollMs);
      }
    },
    /** Waits until a backfill has come to its end. */
    async backfillEnded(id: string): Promise<BackfillResource> {
      const deadline = Date.now() + hangMs;
      for (;;) {
        const backfill = await api.readBackfill(id);
        if (backfill?.state === "done") return backfill;
        if (Date.now() > deadline)
          throw new Error(`backfill ${id} hangs: ${JSON.stringify(backfill, null, 1)}`);
        await delay(pollMs);
      }
    },
    /** Waits until a track's every step has ended. */
    async ended(id: string): Promise<TrackResource> {
      const signal = AbortSignal.timeout(hangMs);
      let last: TrackSummary | undefined;
      const onProgress = (track: TrackSummary) => {
        last = track;
      };
      return whenEnded(api, id, { signal, pollMs, onProgress }).catch((cause: unknown) => {
        if (!signal.aborted) throw cause;
        throw new Error(`${id} hangs: ${JSON.stringify(last?.steps, null, 1)}`, { cause });
      });
    },
  };
}

/** How often a step was computed for the track of a history. */
export function timesComputed({ attempts }: TrackHistory, step: string): number {
  return attempts.filter((attempt) => attempt.step === step && attempt.how === "computed").length;
}

/** The facts of one of a track's results. */
export function factsOf<Facts>(
  track: TrackResource,
  kind: { name: string; facts: { parse(value: unknown): Facts } },
): Facts {
  const result = track.results[kind.name];
  if (!result) throw new Error(`${track.id} has no ${kind.name}: ${track.summary}`);
  return kind.facts.parse(result.facts);
}
