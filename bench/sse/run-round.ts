import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type ApiClient, submitUpload } from "@segue/client";
import { hasEnded } from "@segue/contracts";
import type { RunningFleet } from "@segue/launcher";
import { readProcesses, treeCpuMs } from "../chain/process-cpu.ts";
import { startWatchers } from "./start-watchers.ts";

/** What so many tracks have cost. */
export interface RoundCost {
  /** Of all of the fleet's processes, and of the API's alone. */
  readonly cpuMs: number;
  readonly apiCpuMs: number;
  /** From the first post until all are done. */
  readonly wallMs: number;
}

export interface RoundOptions {
  readonly fleet: RunningFleet;
  readonly api: ApiClient;
  /** All that are not watched are of earlier rounds. */
  readonly masters: readonly Buffer[];
  /** Who watches all tracks, and who watches one of these; null: nobody watches. */
  readonly watchers: { readonly ofAll: number; readonly ofTracks: number } | null;
}

/** What follows the last result, and what the streams still have to tell, is of the round too. */
const tailMs = 2_000;
const pollMs = 500;
const limitMs = 300_000;

/** Sends tracks through the fleet, and waits until they are done. */
export async function runRound({ fleet, api, masters, watchers }: RoundOptions): Promise<RoundCost> {
  const watching = watchers ? await startWatchers(api, watchers.ofAll) : undefined;
  await delay(tailMs);
  const before = cpuOf(fleet);
  const startedAt = performance.now();
  const posted = masters.map((body) => submitUpload(api, { body }, { idempotencyKey: randomUUID() }));
  const ids = (await Promise.all(posted)).map(({ id }) => id);
  if (watching && watchers) await watching.watchTracks(watchers.ofTracks, ids);
  await untilDone(api, ids);
  const wallMs = performance.now() - startedAt;
  await delay(tailMs);
  const after = cpuOf(fleet);
  await watching?.allTold();
  await watching?.stop();
  return { cpuMs: after.all - before.all, apiCpuMs: after.api - before.api, wallMs };
}

async function untilDone(api: ApiClient, ids: readonly string[]): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const tracks = await api.readProgress(ids);
    const failed = tracks.find((track) => hasEnded(track) && track.state !== "done");
    if (failed) throw new Error(`${failed.id}: ${failed.summary}`);
    if (tracks.filter(hasEnded).length === ids.length) return;
    if (performance.now() > deadline) throw new Error(`not done after ${limitMs} ms`);
    await delay(pollMs);
  }
}

function cpuOf(fleet: RunningFleet): { readonly all: number; readonly api: number } {
  const all = readProcesses();
  const costs = fleet.processes().map(({ service, pid }) => {
    const cpuMs = treeCpuMs(pid, all);
    if (cpuMs === undefined) throw new Error(`${service} (process ${pid}) does not run`);
    return { service, cpuMs };
  });
  const sum = (some: readonly { readonly cpuMs: number }[]) =>
    some.reduce((total, { cpuMs }) => total + cpuMs, 0);
  return { all: sum(costs), api: sum(costs.filter(({ service }) => service === "ingest")) };
}
