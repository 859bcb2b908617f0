// What runs on this machine, from /proc: the harness kills and looks for processes as a machine's end would.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks of user and system time. */
  readonly cpuTicks: number;
  readonly zombie: boolean;
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return {
      pid,
      parent: Number(fields[1]),
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      zombie: fields[0] === "Z",
    };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

function allPids(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0);
}

/** A process and all that it has started, ffmpeg in its own process group included. */
export function processTree(root: number): number[] {
  const stats = allPids().flatMap((pid) => readStat(pid) ?? []);
  const tree = [root];
  for (const pid of tree) tree.push(...stats.filter((stat) => stat.parent === pid).map((stat) => stat.pid));
  return tree;
}

/** Sends a signal to a process and all that it has started; those that are gone already are no error. */
export function signalTree(root: number, signal: NodeJS.Signals): void {
  for (const pid of processTree(root)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}

/** CPU time of a process and all that it has started, in clock ticks: only good for comparing. */
export function cpuTicks(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + (readStat(pid)?.cpuTicks ?? 0), 0);
}

/** Processes whose environment, working directory or arguments name a folder: whoever belongs to a fleet on it. */
export function processesNaming(folder: string): { readonly pid: number; readonly command: string }[] {
  return allPids().flatMap((pid) => {
    if (pid === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      const named = [command, environment, readlinkSync(`/proc/${pid}/cwd`)].some((text) =>
        text.includes(folder),
      );
      return named && !readStat(pid)?.zombie ? [{ pid, command }] : [];
    } catch {
      return [];
    }
  });
}
