// CPU and memory of processes, out of Linux's /proc.
import { readdirSync, readFileSync } from "node:fs";

/** Linux tells CPU time in ticks of 10 ms to every program, whatever its own resolution is (USER_HZ). */
export const msPerTick = 10;

/** A process, and the CPU time of it and of those of its children that ended and were waited for. */
export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  readonly ownCpuMs: number;
  readonly childrenCpuMs: number;
}

/** Undefined once the process has ended. */
export function readProcess(pid: number | "self"): ProcessStat | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The second field, a name in parentheses, may hold anything; the third begins after the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (index: number) => Number(fields[index]);
  return {
    pid: Number.parseInt(stat, 10),
    parentPid: field(1),
    ownCpuMs: (field(11) + field(12)) * msPerTick,
    childrenCpuMs: (field(13) + field(14)) * msPerTick,
  };
}

/** Every process that runs. */
export function readProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => readProcess(Number(entry)) ?? []);
}

/**
 * A process and every one that descends from it. Summed over them, own and children's time only grows while nobody's
 * parent dies: what a child has used moves to its parent once it has ended.
 */
export function treeOf(rootPid: number, all: readonly ProcessStat[]): ProcessStat[] {
  const found = new Map<number, ProcessStat>();
  // Pids wrap around, so a child may come before its parent: repeat until nothing is added.
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const stat of all) {
      if (stat.pid === rootPid || found.has(stat.parentPid)) found.set(stat.pid, stat);
    }
  }
  return [...found.values()];
}

/** CPU time in milliseconds of a process and all below it; undefined once it has ended. */
export function treeCpuMs(rootPid: number, all: readonly ProcessStat[]): number | undefined {
  const tree = treeOf(rootPid, all);
  if (tree.length === 0) return undefined;
  return tree.reduce((sum, stat) => sum + stat.ownCpuMs + stat.childrenCpuMs, 0);
}

/** CPU time in milliseconds of this process, fine-grained, and of its ended children, in ticks. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + (readProcess("self")?.childrenCpuMs ?? 0);
}

/** Largest resident memory that a process has had, in bytes; undefined once it has ended. */
export function peakRssBytes(pid: number): number | undefined {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return line ? Number(line[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
