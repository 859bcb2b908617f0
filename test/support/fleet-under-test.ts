// A whole fleet of real processes on a fresh data folder, and the API as a client sees it.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type FleetOptions, type RunningFleet, startFleet } from "@segue/cli";
import {
  ReplayReceipt,
  type ReplayRequest,
  TrackHistory,
  TrackList,
  TrackReceipt,
  TrackResource,
} from "@segue/contracts";

/** Catches hangs only: a loaded machine may take its time. */
const hangMs = 600_000;
const pollMs = 100;

export interface FleetUnderTest extends AsyncDisposable {
  readonly dataDir: string;
  readonly fleet: RunningFleet;
  readonly client: Client;
  /** Ends every process at once, as a power cut would, and starts the fleet again on the same folder. */
  killAndRestart(): Promise<void>;
}

export async function startFleetUnderTest(options: Partial<FleetOptions> = {}): Promise<FleetUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), "segue-fleet-"));
  let fleet = await startFleet({ ...options, dataDir, apiPort: 0 });
  let client = createClient(fleet.apiUrl);
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
      fleet = await startFleet({ ...options, dataDir, apiPort: 0 });
      client = createClient(fleet.apiUrl);
    },
    async [Symbol.asyncDispose]() {
      await fleet.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type Client = ReturnType<typeof createClient>;

export function createClient(apiUrl: string) {
  const get = (path: string, init?: RequestInit) => fetch(new URL(path, apiUrl), init);
  return {
    get,
    async post(body: Uint8Array, query: Record<string, string> = {}): Promise<TrackReceipt> {
      const url = new URL(`/v1/tracks?${new URLSearchParams(query)}`, apiUrl);
      const key = randomUUID();
      const send = () =>
        fetch(url, {
          method: "POST",
          headers: { "content-type": "application/octet-stream", "idempotency-key": key },
          body: Buffer.from(body),
        });
      // What a client does whose connection was lost: the key makes the second request the first one.
      const response = await send().catch(send);
      if (response.status !== 202)
        throw new Error(`POST answered ${response.status}: ${await response.text()}`);
      return TrackReceipt.parse(await response.json());
    },
    async track(id: string): Promise<TrackResource> {
      const response = await get(`/v1/tracks/${id}`);
      if (response.status !== 200)
        throw new Error(`GET answered ${response.status}: ${await response.text()}`);
      return TrackResource.parse(await response.json());
    },
    async replay(id: string, request: ReplayRequest): Promise<ReplayReceipt> {
      const response = await get(`/v1/tracks/${id}/replay`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      if (response.status !== 202)
        throw new Error(`replay answered ${response.status}: ${await response.text()}`);
      return ReplayReceipt.parse(await response.json());
    },
    /** Waits until a track's history is as expected. */
    async history(id: string, isComplete: (history: TrackHistory) => boolean): Promise<TrackHistory> {
      const deadline = Date.now() + hangMs;
      for (;;) {
        const history = TrackHistory.parse(await (await get(`/v1/tracks/${id}/history`)).json());
        if (isComplete(history)) return history;
        if (Date.now() > deadline) throw new Error(`${id} hangs: ${JSON.stringify(history, null, 1)}`);
        await delay(pollMs);
      }
    },
    async list(query: Record<string, string>): Promise<TrackList> {
      return TrackList.parse(await (await get(`/v1/tracks?${new URLSearchParams(query)}`)).json());
    },
    /** Waits until a track's every step has ended. */
    async ended(id: string): Promise<TrackResource> {
      const deadline = Date.now() + hangMs;
      for (;;) {
        const track = await this.track(id);
        if (track.state !== "accepted" && track.state !== "processing") return track;
        if (Date.now() > deadline) throw new Error(`${id} hangs: ${JSON.stringify(track.steps, null, 1)}`);
        await delay(pollMs);
      }
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
