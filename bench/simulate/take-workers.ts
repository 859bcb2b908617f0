import { setTimeout as delay } from "node:timers/promises";
import type { ProcessEvent, RunningFleet } from "@segue/launcher";
import type { Scenario } from "@segue/scaling/simulate";
import type { Random } from "@segue/synth";
import { readProcesses, treeCpuMs } from "../chain/process-cpu.ts";

/** When workers of each service were taken away, in s since this began. */
export type Taken = ReadonlyMap<string, readonly number[]>;

/** Takes workers of steps away, each as often on the mean, until it is told to stop. */
export async function takeWorkers(
  fleet: RunningFleet,
  services: ReadonlySet<string>,
  options: {
    readonly perHour: number;
    readonly signal: NodeJS.Signals;
    readonly random: Random;
    readonly until: AbortSignal;
  },
): Promise<Taken> {
  const { perHour, signal, random, until } = options;
  const perSec = (services.size * perHour) / 3_600;
  const startedAt = performance.now();
  const taken = new Map<string, number[]>();
  while (!until.aborted) {
    const waitSec = -Math.log(1 - random.next()) / perSec;
    await delay(waitSec * 1_000, undefined, { signal: until }).catch(() => {});
    if (until.aborted) break;
    const [first, ...others] = workersOf(fleet, services);
    if (!first) continue;
    const { pid, service } = random.pick([first, ...others]);
    try {
      process.kill(pid, signal);
      taken.set(service, [...(taken.get(service) ?? []), (performance.now() - startedAt) / 1_000]);
    } catch {
      // It has gone by itself, and another one comes.
    }
  }
  return taken;
}

function workersOf(fleet: RunningFleet, services: ReadonlySet<string>) {
  return fleet.processes().filter(({ service }) => services.has(service));
}

/** What it takes until a worker that was taken away is there again. */
export type Start = Required<Pick<Scenario["nodes"], "startSec" | "startCpuSec">>;

/** Sees workers end and start. */
export function createStartWatch() {
  const endedAt = new Map<string, number>();
  const seen = new Map<string, (start: Start) => void>();
  return {
    onProcess(event: ProcessEvent): void {
      if (event.type === "ended") endedAt.set(event.name, performance.now());
      const at = endedAt.get(event.name);
      if (event.type !== "ready" || at === undefined) return;
      endedAt.delete(event.name);
      const startCpuSec = (treeCpuMs(event.pid, readProcesses()) ?? 0) / 1_000;
      seen.get(event.name)?.({ startSec: (performance.now() - at) / 1_000, startCpuSec });
    },
    /** Takes each worker away once, one after the other, while nothing else is to be done. @returns the mean; `startSec` beside computing. */
    async measure(fleet: RunningFleet, services: ReadonlySet<string>): Promise<Start> {
      const starts: Start[] = [];
      for (const { name, pid } of workersOf(fleet, services)) {
        const started = new Promise<Start>((resolve) => seen.set(name, resolve));
        process.kill(pid, "SIGTERM");
        starts.push(await started);
      }
      seen.clear();
      const mean = (figure: keyof Start) =>
        starts.reduce((sum, start) => sum + start[figure], 0) / starts.length;
      const startCpuSec = mean("startCpuSec");
      return { startSec: Math.max(0, mean("startSec") - startCpuSec), startCpuSec };
    },
  };
}
