import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { RunningFleet } from "@segue/launcher";
import { processTree } from "../chaos/process-tree.ts";

const everyMs = 500;

/** The most that a process of a fleet has had resident, in MiB. */
export interface PeakMemory {
  /** Of the process itself, by the kernel's own count. */
  readonly ownMiB: number;
  /** Of the process and its children (ffmpeg) together, looked at twice a second. */
  readonly treeMiB: number;
}

/** Watches a fleet until it is stopped; a process that ends keeps the peak it was last seen with. */
export function watchMemory(fleet: RunningFleet): { stop(): Promise<ReadonlyMap<string, PeakMemory>> } {
  const peaks = new Map<string, PeakMemory>();
  const stopping = new AbortController();
  const look = () => {
    for (const { name, pid } of fleet.processes()) {
      const treeMiB = processTree(pid).reduce((sum, one) => sum + memoryMiB(one, "VmRSS"), 0);
      const before = peaks.get(name) ?? { ownMiB: 0, treeMiB: 0 };
      const ownMiB = Math.max(before.ownMiB, memoryMiB(pid, "VmHWM"));
      peaks.set(name, { ownMiB, treeMiB: Math.max(before.treeMiB, treeMiB) });
    }
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      look();
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      look();
      return peaks;
    },
  };
}

/** 0 once the process has ended. */
function memoryMiB(pid: number, field: "VmRSS" | "VmHWM"): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
