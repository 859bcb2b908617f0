import type { ChildProcess } from "node:child_process";

/** Signals a child that leads its own process group, and all of the group. One that has ended is no error. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already, or the system has no groups; `kill` does nothing to a child that has ended.
    child.kill(signal);
  }
}

/** Kills a process group by its leader's id; one that has ended is no error. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
