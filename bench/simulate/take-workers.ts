import { setTimeout as delay } from "node:timers/promises";
import type { ProcessEvent, RunningFleet } from "@segue/launcher";
import type { Random } from "@segue/synth";

/** Takes workers of steps away, each as often on the mean, until it is told to stop. @returns how many it took. */
export async function takeWorkers(
  fleet: RunningFleet,
  services: ReadonlySet<string>,
  options: {
    readonly perHour: number;
    readonly signal: NodeJS.Signals;
    readonly random: Random;
    readonly until: AbortSignal;
  },
): Promise<number> {
  const { perHour, signal, random, until } = options;
  const perSec = (services.size * perHour) / 3_600;
  let taken = 0;
  while (!until.aborted) {
    const waitSec = -Math.log(1 - random.next()) / perSec;
    await delay(waitSec * 1_000, undefined, { signal: until }).catch(() => {});
    if (until.aborted) break;
    const [first, ...others] = fleet.processes().filter(({ service }) => services.has(service));
    if (!first) continue;
    try {
      process.kill(random.pick([first, ...others]).pid, signal);
      taken += 1;
    } catch {
      // It has gone by itself, and another one comes.
    }
  }
  return taken;
}

/** How long a worker that was taken away is missing, in s: on the mean, from the events of a fleet. */
export function createStartWatch() {
  const startedAt = new Map<string, number>();
  const tookSec: number[] = [];
  return {
    onProcess(event: ProcessEvent): void {
      if (event.type === "ended") startedAt.set(event.name, performance.now());
      const endedAt = startedAt.get(event.name);
      if (event.type !== "ready" || endedAt === undefined) return;
      tookSec.push((performance.now() - endedAt) / 1_000);
      startedAt.delete(event.name);
    },
    meanSec: (otherwise: number) =>
      tookSec.length > 0 ? tookSec.reduce((sum, sec) => sum + sec, 0) / tookSec.length : otherwise,
  };
}
