import { createReadStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type ApiClient, createApiClient, whenEnded } from "@segue/client";
import type { TrackResource } from "@segue/contracts";
import type { RunningFleet } from "@segue/launcher";
import type { BenchMaster } from "../chain/make-master.ts";
import { readProcesses, treeCpuMs } from "../chain/process-cpu.ts";
import { watchOthers } from "./others-share.ts";
import type { Taken } from "./take-workers.ts";

/** Tracks that a fleet has made, in the order in which they were accepted. */
export interface Made {
  /** When each was accepted, in s since the first one. */
  readonly arrivedAtSec: readonly number[];
  /** From acceptance to the end of the last step, in s. */
  readonly latencySec: readonly number[];
  /** From the first one's acceptance until all were done, in s. */
  readonly tookSec: number;
  readonly tracks: readonly TrackResource[];
  /** Of every process of the fleet, in s. */
  readonly cpuSec: number;
  /** When workers were taken away meanwhile, by service, in s since the first track. */
  readonly takenAtSec: Taken;
  /** Of the machine's cores, what others than the bench took meanwhile, 0 to 1. */
  readonly othersShare: number;
}

/** Acknowledgements and projections that follow the last result are work as well. */
const tailMs = 1_000;

/** Sends each track when its time has come. @param atSec of each, in s since the beginning; ascending. */
export async function sendTracks(
  fleet: RunningFleet,
  masters: readonly BenchMaster[],
  atSec: readonly number[],
): Promise<Made> {
  const api = createApiClient(fleet.apiUrl);
  const beforeSec = fleetCpuSec(fleet);
  const othersShare = watchOthers();
  const startedAt = performance.now();
  const tracks = await Promise.all(
    masters.map(async (master, index) => {
      await delay(Math.max(0, (atSec[index] ?? 0) * 1_000 - (performance.now() - startedAt)));
      return makeOne(api, master);
    }),
  ).finally(() => api[Symbol.asyncDispose]());
  await delay(tailMs);
  const sorted = tracks.toSorted((a, b) => Date.parse(a.acceptedAt) - Date.parse(b.acceptedAt));
  const firstMs = Date.parse(sorted[0]?.acceptedAt ?? "");
  const arrivedAtSec = sorted.map(({ acceptedAt }) => (Date.parse(acceptedAt) - firstMs) / 1_000);
  const latencySec = sorted.map(({ latencyMs }) => (latencyMs ?? Number.NaN) / 1_000);
  return {
    arrivedAtSec,
    latencySec,
    tookSec: Math.max(...arrivedAtSec.map((at, index) => at + (latencySec[index] ?? 0))),
    tracks: sorted,
    cpuSec: fleetCpuSec(fleet) - beforeSec,
    takenAtSec: new Map(),
    othersShare: othersShare(),
  };
}

async function makeOne(api: ApiClient, master: BenchMaster): Promise<TrackResource> {
  const { path, sizeBytes, fileName } = master;
  const { id } = await api.postUpload({ body: createReadStream(path), sizeBytes, fileName });
  const track = await whenEnded(api, id);
  if (track.state !== "done") throw new Error(`${id}: ${track.summary}`);
  return track;
}

/** So far, of processes that run: of one that has ended meanwhile nothing is known. */
function fleetCpuSec(fleet: RunningFleet): number {
  const all = readProcesses();
  return fleet.processes().reduce((sum, { pid }) => sum + (treeCpuMs(pid, all) ?? 0), 0) / 1_000;
}
