import { childrenCpuMs } from "@segue/child-process";
import type { MemoryWatch } from "./memory-watch.ts";

/** What one run took. */
export interface RunCost {
  readonly wallMs: number;
  /** Of this process, all its threads included. */
  readonly cpuMs: number;
  /** Of child processes (ffmpeg) that ended; null where the system does not tell. In steps of 10 ms. */
  readonly childCpuMs: number | null;
  /** The most that this process's resident memory was, in MiB; child processes are not in it. */
  readonly peakMiB: number;
  /** How far that is above what it was before the run, in MiB. */
  readonly grownMiB: number;
}

export async function measureRun(memory: MemoryWatch, work: () => Promise<unknown>): Promise<RunCost> {
  const children = childrenCpuMs();
  const rss = process.memoryUsage.rss();
  memory.reset();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  const after = childrenCpuMs();
  const peak = memory.peak();
  return {
    wallMs,
    cpuMs: (user + system) / 1000,
    childCpuMs: children === null || after === null ? null : after - children,
    peakMiB: peak / 2 ** 20,
    grownMiB: Math.max(0, peak - rss) / 2 ** 20,
  };
}
