import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { type ApiClient, createApiClient } from "@segue/client";
import type { TrackResource } from "@segue/contracts";
import type { RunningFleet } from "@segue/launcher";
import type { BenchMaster } from "./make-master.ts";
import { peakRssBytes, readProcesses, treeCpuMs } from "./process-cpu.ts";

/** CPU time by process name, in milliseconds. */
export type CpuByProcess = ReadonlyMap<string, number>;

/** What one track cost the fleet, from the POST to the end of what follows its last result. */
export interface FleetRun {
  readonly cpuByProcess: CpuByProcess;
  /** Over which the CPU was counted. */
  readonly elapsedMs: number;
  readonly postMs: number;
  /** From the POST's answer until a GET says `done`: what a client sees, with the polling's coarseness. */
  readonly latencyMs: number;
  /** From acceptance to the end of the last step, by the services' own clocks. */
  readonly ownLatencyMs: number | null;
  readonly steps: readonly {
    readonly step: string;
    readonly cpuMs: number | null;
    readonly wallMs: number;
  }[];
}

/** Acknowledgements and projections that follow the last result are the track's cost as well. */
const tailMs = 1_000;
const trackTimeoutMs = 120_000;

/**
 * Sends a track and asks for it every `pollMs` until it is done; these GETs are part of what is measured.
 *
 * @throws if the track does not end as `done`, or if a process of the fleet was started anew meanwhile.
 */
export async function measureTrack(
  fleet: RunningFleet,
  master: BenchMaster,
  pollMs: number,
): Promise<FleetRun> {
  const api = createApiClient(fleet.apiUrl);
  const before = sampleFleet(fleet);
  const startedAt = performance.now();
  const { size: sizeBytes } = await stat(master.path);
  const upload = { body: createReadStream(master.path), sizeBytes, fileName: master.fileName };
  const { id } = await api.postUpload(upload);
  const answeredAt = performance.now();
  const track = await untilDone(api, id, pollMs).finally(() => api[Symbol.asyncDispose]());
  const doneAt = performance.now();
  await delay(tailMs);
  const after = sampleFleet(fleet);
  return {
    cpuByProcess: subtract(after, before),
    elapsedMs: performance.now() - startedAt,
    postMs: answeredAt - startedAt,
    latencyMs: doneAt - answeredAt,
    ownLatencyMs: track.latencyMs,
    steps: track.steps.map(({ step, attempt, how }) => {
      if (how !== "computed") throw new Error(`${step} was not computed but ${how}: the track is not new`);
      return { step, cpuMs: attempt?.cpuMs ?? null, wallMs: attempt?.durationMs ?? 0 };
    }),
  };
}

async function untilDone(api: ApiClient, id: string, pollMs: number): Promise<TrackResource> {
  const deadline = performance.now() + trackTimeoutMs;
  while (performance.now() < deadline) {
    const track = await api.readTrack(id);
    if (track?.state === "done") return track;
    if (track?.state === "partial" || track?.state === "failed") throw new Error(`${id}: ${track.summary}`);
    await delay(pollMs);
  }
  throw new Error(`${id}: not done after ${trackTimeoutMs} ms`);
}

/** CPU that the fleet uses while nothing is asked of it, in milliseconds per second, by process. */
export async function measureIdle(fleet: RunningFleet, durationMs: number): Promise<CpuByProcess> {
  const before = sampleFleet(fleet);
  const startedAt = performance.now();
  await delay(durationMs);
  const used = subtract(sampleFleet(fleet), before);
  const elapsedSec = (performance.now() - startedAt) / 1000;
  return new Map([...used].map(([name, cpuMs]) => [name, cpuMs / elapsedSec]));
}

/** The largest resident memory that each process of the fleet has had; its short-lived children apart. */
export function peakRssByProcess(fleet: RunningFleet): ReadonlyMap<string, number> {
  return new Map(fleet.processes().map(({ name, pid }) => [name, peakRssBytes(pid) ?? 0]));
}

/** CPU used so far by each of the fleet's processes and everything below it. */
function sampleFleet(fleet: RunningFleet): CpuByProcess {
  const all = readProcesses();
  return new Map(
    fleet.processes().map(({ name, pid }) => {
      const cpuMs = treeCpuMs(pid, all);
      if (cpuMs === undefined) throw new Error(`${name} (process ${pid}) does not run`);
      return [`${name}#${pid}`, cpuMs];
    }),
  );
}

function subtract(after: CpuByProcess, before: CpuByProcess): CpuByProcess {
  return new Map(
    [...after].map(([id, cpuMs]) => {
      const earlier = before.get(id);
      if (earlier === undefined) throw new Error(`${id} was started during the measurement`);
      return [id.slice(0, id.indexOf("#")), cpuMs - earlier];
    }),
  );
}
